/*
 * An object with the form of a WebSocket that uses plain HTTP. commentary.js uses it where there is
 * no WebSocket, or where the network blocks them. It takes the messages of the client (subscribe,
 * unsubscribe, auth, ping) and answers with the messages that the relay would send.
 * EventsSocket and PollSocket say how the entries come.
 */

import { LOBBY } from '../arguments.js';

/* The auth_within_ms of the welcome, where viewers need a token. */
const TOKEN_MS = 10000;

/* The answers of a proxy that cannot reach its relay. */
const AWAY = new Set([502, 503, 504]);

/* HTTP statuses that end the connection, and the close code and reason for each. */
const CLOSES = { 400: [4400, 'bad_request'], 401: [4401, 'unauthorised'], 429: [4429, 'too_many'] };

export class HttpSocket {
    readyState = 1;
    isReached = false;          /* something has answered, perhaps the relay */
    isProven = false;           /* the relay itself has answered: this transport works */
    wanted = new Map();         /* by match: { place, history, isJoined }; place: { epoch, seq } */
    onmessage = null;
    onclose = null;
    base;
    fetch;
    answerMs;
    stopper = new AbortController();
    #token = null;

    /* url: the address of the WebSocket. */
    constructor(url, { fetch = globalThis.fetch, answerMs = 10000 }) {
        this.base = httpBase(url);
        this.fetch = (...args) => fetch(...args);       /* fetch must not be called as a method of this object */
        this.answerMs = answerMs;
        this.#knock();
    }

    /*
     * Any answer shows that the relay is there, except one of a proxy that cannot reach it. The answer
     * 401 says that viewers need a token, as the welcome of a WebSocket does.
     */
    async #knock() {
        try {
            const { status } = await this.fetch(`${this.base}/matches`, { method: 'HEAD', cache: 'no-store',
                signal: this.stopper.signal });
            if (AWAY.has(status))
                return this.end(1006, `HTTP ${status}`);
            this.isReached = true;
            if (status === 429)
                return this.endAs(status);
            this.say({ type: 'welcome', protocol: 'commentary.v1', live: true,
                auth_within_ms: status === 401 ? TOKEN_MS : undefined });
        } catch {
            this.end(1006);
        }
    }

    /* Takes a message of the client. */
    send(text) {
        const message = JSON.parse(text);
        switch (message.type) {
        case 'auth':
            this.#token = message.token;
            this.say({ type: 'authorised', expires_in_ms: expiresInMs(message.token) });
            break;
        case 'subscribe':
            this.wanted.set(message.match, { place: message.since ?? null,
                history: message.history ?? 0, isJoined: false });
            this.onWanted();
            break;
        case 'unsubscribe':
            this.wanted.delete(message.match);
            this.onWanted();
            queueMicrotask(() => this.say({ type: 'unsubscribed', match: message.match }));
            break;
        case 'ping':
            if (this.isAlive)
                queueMicrotask(() => this.say({ type: 'pong' }));
        }
    }

    close() {
        this.readyState = 3;
        this.stopper.abort();
    }

    say(message) {
        if (this.readyState === 1)
            this.onmessage?.({ data: JSON.stringify(message) });
    }

    /* Closes the connection, as the relay would. */
    end(code, reason = '') {
        if (this.readyState !== 1)
            return;
        this.close();
        this.onclose?.({ code, reason });
    }

    /* The relay does not have the match, or refuses it: do not ask for it again. */
    refuse(match, code, message) {
        this.wanted.delete(match);
        this.say({ type: 'error', code, message, match });
    }

    /* Closes after an answer that is not 200. Answers that concern one match alone are handled before. */
    endAs(status) {
        this.end(...(CLOSES[status] ?? [1013, 'try_again']));
    }

    get headers() {
        return this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
    }
}

export function isLobby(match) {
    return match === LOBBY;
}

/* The address that paths of HTTP are added to: wss://relay.example/live/ws becomes https://relay.example/live. */
export function httpBase(url) {
    const base = new URL(url, globalThis.document?.baseURI);
    base.protocol = base.protocol.replace(/^ws/, 'http');
    base.pathname = base.pathname.replace(/\/ws\/?$/, '').replace(/\/$/, '');
    base.search = base.hash = '';
    return base.href.replace(/\/$/, '');
}

/* The time until the claim `exp` of a token; undefined if it cannot be read. */
function expiresInMs(token) {
    try {
        const claims = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
        const { exp } = JSON.parse(atob(claims));
        return typeof exp === 'number' ? Math.max(0, exp * 1000 - Date.now()) : undefined;
    } catch {
        return undefined;
    }
}
