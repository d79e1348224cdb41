/*
 * The relay's end of a socket, controlled by a test. commentary.js gets it as its
 * WebSocket constructor. The tests in regress/relay use the real relay.
 */

export class Relay {
    sockets = [];

    constructor() {
        const relay = this;
        this.WebSocket = class {
            readyState = 1;
            sent = [];

            constructor(url, protocol) {
                Object.assign(this, { url, protocol });
                relay.sockets.push(this);
            }

            send(text) {
                this.sent.push(JSON.parse(text));
            }

            close() {
                this.readyState = 3;
            }
        };
    }

    get socket() {
        return this.sockets.at(-1);
    }

    /* What the client has sent on the newest connection, and forgets it. */
    heard() {
        return this.socket.sent.splice(0);
    }

    say(...messages) {
        for (const message of messages)
            this.socket.onmessage({ data: JSON.stringify(message) });
    }

    welcome() {
        this.say({ type: 'welcome', protocol: 'commentary.v1', live: true });
    }

    drop(code = 1006) {
        this.socket.onclose({ code, reason: '' });
    }
}

export function line(seq, more = {}) {
    return { type: 'commentary', match: 7, seq, op: 'insert', kind: 'comment',
        message: `line ${seq}`, ...more };
}

export function subscribed(head, { epoch = 'a', recovered = false } = {}) {
    return { type: 'subscribed', match: 7, epoch, head, recovered, state: null };
}

/* Resolves when condition() holds; fails when it does not within the deadline. */
export async function until(condition, deadlineMs = 30000) {
    const end = performance.now() + deadlineMs;
    while (!condition()) {
        if (performance.now() > end)
            throw new Error(`never came true: ${condition}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
    }
}
