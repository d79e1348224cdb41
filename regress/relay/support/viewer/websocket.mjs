/*
 * As much of a WebSocket as commentary.js needs, for versions of Node that have none (before 22):
 * it takes whole text frames of the server, and masks those of the client with 0.
 */

import net from 'node:net';
import { randomBytes } from 'node:crypto';

const TEXT = 1, CLOSE = 8, PING = 9, PONG = 10;

export class WebSocket {
    readyState = 0;
    #socket;
    #bytes = Buffer.alloc(0);
    #isOpen = false;
    #code = 1006;
    #reason = '';

    constructor(url, protocol) {
        const { hostname, port, pathname } = new URL(url);
        this.#socket = net.connect(Number(port), hostname, () => this.#socket.write(
            `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n`
            + `Connection: Upgrade\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`
            + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`));
        this.#socket.on('data', (bytes) => this.#read(bytes));
        this.#socket.on('error', () => this.onerror?.({}));
        this.#socket.on('close', () => this.#end());
    }

    send(text) {
        this.#sendFrame(TEXT, Buffer.from(text));
    }

    close() {
        if (this.readyState === 1)
            this.#sendFrame(CLOSE, Buffer.from([3, 232]));
        this.readyState = 2;
        this.#socket.end();
    }

    #end() {
        this.readyState = 3;
        this.onclose?.({ code: this.#code, reason: this.#reason });
    }

    #sendFrame(opcode, payload) {
        const length = payload.length < 126 ? [0x80 | payload.length]
            : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
        this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]),
            payload]));
    }

    #read(bytes) {
        this.#bytes = Buffer.concat([this.#bytes, bytes]);
        if (!this.#isOpen && !this.#open())
            return;
        while (this.#takeFrame());
    }

    #open() {
        const end = this.#bytes.indexOf('\r\n\r\n');
        if (end < 0)
            return false;
        if (!this.#bytes.toString('latin1').startsWith('HTTP/1.1 101')) {
            this.#socket.destroy();
            return false;
        }
        this.#bytes = this.#bytes.subarray(end + 4);
        this.#isOpen = true;
        this.readyState = 1;
        this.onopen?.({});
        return true;
    }

    #takeFrame() {
        const short = this.#bytes.length > 1 ? this.#bytes[1] : 0;
        const start = short < 126 ? 2 : short === 126 ? 4 : 10;
        if (this.#bytes.length < start)
            return false;
        const length = short < 126 ? short : short === 126 ? this.#bytes.readUInt16BE(2)
            : Number(this.#bytes.readBigUInt64BE(2));
        if (this.#bytes.length < start + length)
            return false;
        const opcode = this.#bytes[0] & 0xf;
        const payload = this.#bytes.subarray(start, start + length);
        this.#bytes = this.#bytes.subarray(start + length);
        this.#hear(opcode, payload);
        return true;
    }

    #hear(opcode, payload) {
        if (opcode === TEXT && this.readyState === 1)
            this.onmessage?.({ data: payload.toString() });
        if (opcode === PING)
            this.#sendFrame(PONG, payload);
        if (opcode === CLOSE) {
            this.#code = payload.length > 1 ? payload.readUInt16BE(0) : 1005;
            this.#reason = payload.subarray(2).toString();
            this.#socket.end();
        }
    }
}
