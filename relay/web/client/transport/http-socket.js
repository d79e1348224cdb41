/*
 * What commentary.js gets for a WebSocket where there is none, or where something on the way
 * lets none through: an object of the same form that speaks plain HTTP. It understands what
 * the client says (subscribe, unsubscribe, auth, ping) and answers in the words of the relay.
 * EventsSocket and PollSocket say how the messages come.
 */

import { LOBBY } from '../arguments.js';

/* What the welcome says of a token, where viewers need one. */
const TOKEN_MS = 10000;

/* The answers of a proxy to which no relay answers. */
const AWAY = new Set([502, 503, 504]);

/* An answer of HTTP that ends the connection, in the codes of a WebSocket. */
const CLOSES = { 400: [4400, 'bad_request'], 401: [4401, 'unauthorised'], 429: [4429, 'too_many'] };

export class HttpSocket {
    readyState = 1;
    isReached = false;          /* a relay has answered, or something that stands for one */
    isProven = false;           /* the relay has answered: this way works */
    wanted = new Map();         /* by match: { place, history, isJoined }; place: { epoch, seq } */
    onmessage = null;
    onclose = null;
    base;
    fetch;
    answerMs;
    stopper = new AbortController();
    #token = null;

    /* url is that of the WebSocket. */
    constructor(url, { fetch = globalThis.fetch, answerMs = 10000 }) {
        this.base = httpBase(url);
        this.fetch = (...args) => fetch(...args);       /* not with this object as its this */
        this.answerMs = answerMs;
        this.#knock();
    }

    /*
     * Any answer will do, but that of a proxy whose relay is away. 401 says, as the welcome of a
     * WebSocket does, that viewers need a token.
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

    /* What the client says. */
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

    /* Ends it, as the relay would. */
    end(code, reason = '') {
        if (this.readyState !== 1)
            return;
        this.close();
        this.onclose?.({ code, reason });
    }

    /* The relay does not have it, or refuses it: it is not asked for again. */
    refuse(match, code, message) {
        this.wanted.delete(match);
        this.say({ type: 'error', code, message, match });
    }

    /* The end of an answer that is not 200; what it says of one match is for the caller. */
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

/* wss://relay.example/live/ws is beside https://relay.example/live/matches. */
export function httpBase(url) {
    const base = new URL(url, globalThis.document?.baseURI);
    base.protocol = base.protocol.replace(/^ws/, 'http');
    base.pathname = base.pathname.replace(/\/ws\/?$/, '').replace(/\/$/, '');
    base.search = base.hash = '';
    return base.href.replace(/\/$/, '');
}

/* Until the claim exp of a token; undefined where it cannot be read. */
function expiresInMs(token) {
    try {
        const claims = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
        const { exp } = JSON.parse(atob(claims));
        return typeof exp === 'number' ? Math.max(0, exp * 1000 - Date.now()) : undefined;
    } catch {
        return undefined;
    }
}
