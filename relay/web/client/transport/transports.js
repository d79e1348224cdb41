/*
 * The ways to the relay, the best first. Something between here and the relay may let no
 * WebSocket through, or hold streams back: then the next way is taken, and the best one is
 * tried again aside.
 */

import { EventsSocket } from './events-socket.js';
import { PollSocket } from './poll-socket.js';

export const TRANSPORTS = ['websocket', 'events', 'polling'];

const SOCKETS = { events: EventsSocket, polling: PollSocket };

/* Attempts in a row that no word of the relay has answered, before the next way is taken. */
const TRIES = { websocket: 2, events: 1, polling: 1 };

/*
 * How long after the fall the best way is tried again; each time twice as long. Soon at first: the
 * relay may have been away for as long as the attempts took.
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

    /* A socket, by the way that is due. */
    open() {
        try {
            this.#socket = this.#make(this.name);
        } catch (error) {           /* a policy of the page may forbid one */
            if (this.#names.length === 1)
                throw error;
            this.#next();
            this.#socket = this.#make(this.name);
        }
        return this.#socket;
    }

    /* The socket was lost; isWelcome: after the relay had said welcome. */
    onLost(isWelcome) {
        const wasProven = this.#socket?.isProven ?? isWelcome;
        const isAway = this.#at > 0 && !this.#socket?.isReached;    /* no way is better than another */
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

    /* While a worse way serves: calls onBetter() once the best one has been heard of. */
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

    /* Aside: what is served goes on meanwhile. */
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
