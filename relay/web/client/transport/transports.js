/*
 * The choice of a transport; the best is the first. The network may block WebSockets, or hold
 * streams back. Then the client uses the next transport, and tries the best one again beside it.
 */

import { EventsSocket } from './events-socket.js';
import { PollSocket } from './poll-socket.js';

export const TRANSPORTS = ['websocket', 'events', 'polling'];

const SOCKETS = { events: EventsSocket, polling: PollSocket };

/* After so many attempts in a row without a message of the relay, the next transport is used. */
const TRIES = { websocket: 2, events: 1, polling: 1 };

/*
 * When to try the best transport again, after another one is in use; the time doubles each time. The
 * first time is short, because perhaps the relay was just away during those attempts.
 */
const BETTER_MS = 5000;
const BETTER_CAP_MS = 600000;

export class Transports {
    #url;
    #protocol;
    #options;
    #names;
    #at = 0;
    #failures = 0;
    #socket = null;
    #timer = null;
    #betterMs;
    #trial = null;

    /* options: WebSocket, fetch, transports, betterMs and those of the sockets. */
    constructor(url, protocol, options) {
        this.#url = url;
        this.#protocol = protocol;
        this.#options = { ...options, WebSocket: options.WebSocket ?? globalThis.WebSocket,
            fetch: options.fetch ?? globalThis.fetch };
        this.#names = this.#usable(options.transports ?? (options.WebSocket ? ['websocket'] : TRANSPORTS));
        this.#betterMs = options.betterMs ?? BETTER_MS;
    }

    get name() {
        return this.#names[this.#at];
    }

    /* A socket of the current transport. */
    open() {
        try {
            this.#socket = this.#make(this.name);
        } catch (error) {           /* a Content-Security-Policy may forbid one */
            if (this.#names.length === 1)
                throw error;
            this.#next();
            this.#socket = this.#make(this.name);
        }
        return this.#socket;
    }

    /* The socket was lost; isWelcome: the relay had sent its welcome before. */
    onLost(isWelcome) {
        const wasProven = this.#socket?.isProven ?? isWelcome;
        const isAway = this.#at > 0 && !this.#socket?.isReached;    /* the relay is away: changing does not help */
        this.stop();
        if (wasProven || isAway) {
            this.#failures = this.#at === 0 ? 0 : TRIES[this.#names[0]] - 1;
            this.#at = 0;
            return;
        }
        this.#failures += 1;
        if (this.#failures >= TRIES[this.name])
            this.#next();
    }

    /* While another transport is in use: calls onBetter() when the best one works. */
    watch(onBetter) {
        if (this.#at === 0 || this.#timer !== null || this.#names[0] !== 'websocket')
            return;
        this.#timer = setTimeout(() => this.#try(onBetter), this.#betterMs);
    }

    stop() {
        clearTimeout(this.#timer);
        this.#timer = null;
        this.#endTrial();
    }

    #usable(names) {
        const { WebSocket, fetch } = this.#options;
        const unknown = names.find((name) => !TRANSPORTS.includes(name));
        if (unknown !== undefined)
            throw new TypeError(`transports are ${TRANSPORTS.join(', ')}, and not ${unknown}`);
        const usable = names.filter((name) => (name === 'websocket' ? WebSocket : fetch));
        if (usable.length === 0)
            throw new TypeError('no WebSocket here: hand in a constructor as options.WebSocket');
        return usable;
    }

    #make(name) {
        if (name === 'websocket')
            return new this.#options.WebSocket(this.#url, this.#protocol);
        const { fetch, answerMs, pollMs } = this.#options;
        return new SOCKETS[name](this.#url, { fetch, answerMs, pollMs });
    }

    #next() {
        this.#at = (this.#at + 1) % this.#names.length;
        this.#failures = 0;
    }

    /* A trial beside the connection in use, which goes on meanwhile. */
    #try(onBetter) {
        this.#timer = null;
        this.#betterMs = Math.min(2 * this.#betterMs, BETTER_CAP_MS);
        try {
            this.#trial = this.#make('websocket');
        } catch {
            this.watch(onBetter);
            return;
        }
        this.#trial.onmessage = () => {
            this.#endTrial();
            this.#at = this.#failures = 0;
            this.#betterMs = this.#options.betterMs ?? BETTER_MS;
            onBetter();
        };
        this.#trial.onerror = () => {};
        this.#trial.onclose = () => {
            this.#trial = null;
            this.watch(onBetter);
        };
    }

    #endTrial() {
        const trial = this.#trial;
        this.#trial = null;
        if (!trial)
            return;
        trial.onmessage = trial.onclose = null;
        trial.close();
    }
}
