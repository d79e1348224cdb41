// What a WebSocket client of Node's hears: websocket.cjs PACKAGE URL MATCH. The package is ws,
// undici, or node for what is built in. Prints one line of JSON, or exits with 77 when there
// is no such client.
"use strict";

const DEADLINE_MS = 120000;
const [name, url, match] = process.argv.slice(2);

function find() {
    if (name === "node") {
        return globalThis.WebSocket;
    }
    try {
        const found = require(name);
        return name === "ws" ? found : found.WebSocket;
    } catch (error) {
        return undefined;
    }
}

const Client = find();
if (!Client) {
    process.exit(77);
}

const heard = { types: [], pong: null };
const socket = new Client(`${url.replace(/^http/, "ws")}/ws`, ["commentary.v1"]);
const say = (message) => socket.send(JSON.stringify(message));

function take(message) {
    heard.types.push(message.type);
    if (message.type === "welcome") {
        heard.protocol = socket.protocol;
        heard.extensions = socket.extensions;
        say({ type: "subscribe", match: Number(match), history: 3 });
    } else if (message.type === "commentary" && message.seq === heard.head) {
        // undici 5.15, which Debian 12 has, writes a wrong length for more than 125 bytes
        say({ type: "ping", pad: "é".repeat(name === "undici" ? 40 : 1000) });
    } else if (message.type === "subscribed") {
        heard.head = message.head;
    } else if (message.type === "pong") {
        finish();
    }
}

// Only ws lets one send fragments and pings.
function finish() {
    if (name !== "ws" || heard.pong !== null) {
        socket.close(1000, "bye");
        return;
    }
    socket.on("pong", (data) => {
        heard.pong = data.toString();
    });
    socket.ping("hello");
    const [first, second] = ['{"type":', '"ping"}'];
    socket.send(first, { fin: false });
    socket.ping("between");
    socket.send(second, { fin: true });
}

socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
socket.addEventListener("error", (event) => {
    heard.error = String(event.message ?? event.error ?? "error");
});
socket.addEventListener("close", (event) => {
    console.log(JSON.stringify({ ...heard, code: event.code, clean: event.wasClean }));
    process.exit(0);
});
setTimeout(() => {
    console.log(JSON.stringify({ ...heard, late: true }));
    process.exit(1);
}, DEADLINE_MS);
