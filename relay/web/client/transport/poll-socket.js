/*
 * The transport that asks again and again. It works where neither a WebSocket nor a stream does. A
 * cache on the way may answer for a second; if nothing is new, the answer is 304 and has no body.
 */

import { HttpSocket, isLobby } from './http-socket.js';

const PAGE = 500;
const POLL_MS = 3000;

export class PollSocket extends HttpSocket {
    isAlive = true;             /* always: each request has its own deadline */
    #pollMs;
    #timer = null;
    #isAsking = false;
    #isStale = false;
    #isOld = false;             /* a relay of a version before 1.2 takes a seq as the place, without an epoch */

    constructor(url, options = {}) {
        super(url, options);
        this.#pollMs = options.pollMs ?? POLL_MS;
    }

    onWanted() {
        this.#poll(0);
    }

    close() {
        super.close();
        clearTimeout(this.#timer);
    }

    #poll(inMs) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#askAll(), inMs);
    }

    async #askAll() {
        if (this.#isAsking)
            return;
        this.#isAsking = true;
        try {
            for (const [match, wish] of [...this.wanted])
                if (this.#isWanted(match, wish))
                    await (isLobby(match) ? this.#askLobby(match, wish) : this.#askMatch(match, wish));
        } catch {
            this.end(1006);
        }
        this.#isAsking = false;
        if (this.readyState === 1)
            this.#poll([...this.wanted.values()].every(({ isJoined }) => isJoined) ? this.#pollMs : 0);
    }

    /* False if the match was unsubscribed meanwhile, or subscribed again. */
    #isWanted(match, wish) {
        return this.readyState === 1 && this.wanted.get(match) === wish;
    }

    /* The document; null: it has not changed, was refused, or is not wanted any more. */
    async #ask(path, match, wish, etag = null) {
        const timer = setTimeout(() => this.end(1006, 'no answer'), this.answerMs);
        try {
            const answer = await this.fetch(this.base + path, { cache: 'no-store',
                headers: etag ? { ...this.headers, 'If-None-Match': etag } : this.headers,
                signal: this.stopper.signal });
            const document = answer.status === 304 ? null : await answer.json();
            if (answer.status > 304 && document.type !== 'error')
                throw new Error(`HTTP ${answer.status}`);
            if (this.#isWanted(match, wish))
                return this.#take(answer, document, match);
        } finally {
            clearTimeout(timer);
        }
        return null;
    }

    #take({ status, headers }, document, match) {
        this.isProven = true;
        if (status === 200 || status === 304)
            this.#setStale(false);
        if (status === 200)
            return { ...document, etag: headers.get('etag') };
        if (status === 404 || status === 403)
            this.refuse(match, document.code, document.message);
        else if (status === 503 && this.wanted.get(match).isJoined)
            this.#setStale(true);
        else if (status === 503)
            this.refuse(match, 'unavailable', document.message);
        else if (status === 400 && !this.#isOld)
            this.#isOld = true;
        else if (status !== 304)
            this.endAs(status);
        return null;
    }

    #setStale(isStale) {
        if (isStale !== this.#isStale)
            this.say({ type: isStale ? 'stale' : 'live' });
        this.#isStale = isStale;
    }

    /* Each answer has all states, so the lobby needs no entries. */
    async #askLobby(match, wish) {
        const document = await this.#ask('/matches', match, wish, wish.etag);
        if (!document)
            return;
        const { epoch, head, state, etag } = document;
        Object.assign(wish, { etag, isJoined: true });
        this.say({ type: 'subscribed', match, epoch, head, recovered: false, state });
    }

    async #askMatch(match, wish) {
        const { place } = wish;
        const since = place && (this.#isOld || !place.epoch ? place.seq : `${place.epoch}:${place.seq}`);
        const query = place ? `limit=${PAGE}&since=${since}` : `limit=${Math.max(1, wish.history)}`;
        const document = await this.#ask(`/matches/${match}/commentary?${query}`, match, wish, wish.etag);
        if (!document)
            return;
        const isRecovered = place !== null && (document.recovered
            ?? (document.epoch === place.epoch && place.seq <= document.head));
        if (place && !isRecovered) {
            Object.assign(wish, { place: null, etag: null });
            await this.#askMatch(match, wish);
        } else if ((wish.isJoined && place?.epoch === document.epoch)
            || await this.#join(match, wish, document, isRecovered)) {
            await this.#give(match, wish, document);
        }
    }

    async #join(match, wish, { epoch, head }, recovered) {
        const document = await this.#ask(`/matches/${match}`, match, wish);
        if (!document)
            return false;
        wish.isJoined = true;
        this.say({ type: 'subscribed', match, epoch, head, recovered, state: document.state });
        return true;
    }

    /* If an answer ends before the head, there are more entries to ask for. */
    async #give(match, wish, { epoch, head, entries, etag }) {
        const isUnwanted = wish.place === null && wish.history === 0;
        for (const entry of isUnwanted ? [] : entries)
            this.say(entry);
        const seq = entries.at(-1)?.seq ?? wish.place?.seq ?? head;
        wish.place = { epoch, seq };
        wish.etag = seq >= head ? etag : null;
        if (seq < head && entries.length > 0 && this.#isWanted(match, wish))
            await this.#askMatch(match, wish);
    }
}
