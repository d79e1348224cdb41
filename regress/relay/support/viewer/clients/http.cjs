// What an HTTP client of Node's hears: http.cjs PACKAGE URL MATCH. The package is undici, fetch
// (what is built in), or http (Node's older client). Prints one line of JSON, or exits with 77
// when there is no such client.
"use strict";

const [name, url, match] = process.argv.slice(2);

function older() {
    const secure = url.startsWith("https");
    const library = require(secure ? "node:https" : "node:http");
    const agent = new library.Agent({ keepAlive: true, maxSockets: 1 });
    return (path, options = {}) => new Promise((resolve, reject) => {
        const request = library.request(url + path, { agent, ...options }, (response) => {
            const pieces = [];
            response.on("data", (piece) => pieces.push(piece));
            response.on("end", () => resolve({
                status: response.statusCode,
                headers: new Map(Object.entries(response.headers)),
                text: async () => Buffer.concat(pieces).toString(),
            }));
        });
        request.on("error", reject);
        request.end(options.body);
    });
}

function find() {
    if (name === "http") {
        return older();
    }
    let fetch = globalThis.fetch;
    if (name !== "fetch") {
        try {
            fetch = require(name).fetch;
        } catch (error) {
            fetch = undefined;
        }
    }
    return fetch && ((path, options) => fetch(url + path, options));
}

const ask = find();
if (!ask) {
    process.exit(77);
}

async function main() {
    const heard = {};
    const state = `/matches/${match}`;
    const first = await ask(state);
    heard.first = first.status;
    heard.match = JSON.parse(await first.text()).match;
    const headers = { "If-None-Match": first.headers.get("etag") };
    const again = await ask(state, { headers });
    heard.again = again.status;
    await again.text();
    const posted = await ask(state, { method: "POST", body: "{\"a\":1}" });
    heard.posted = posted.status;
    await posted.text();
    const head = await ask(state, { method: "HEAD" });
    heard.head = head.status;
    await head.text();
    const many = await Promise.all(Array.from({ length: 20 }, () => ask("/livez")));
    heard.many = (await Promise.all(many.map((answer) => answer.text()))).join("");
    console.log(JSON.stringify(heard));
    process.exit(0);
}

main().catch((error) => {
    console.log(JSON.stringify({ error: String(error.cause ?? error) }));
    process.exit(1);
});
