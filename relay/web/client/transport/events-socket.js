/*
 * The transport over Server-Sent Events: one stream for up to 16 matches, which resumes at the place
 * in each of them. When the followed matches change, only the streams of these matches are replaced,
 * and the new ones go on at the same places.
 */

import { readEvents } from './event-stream.js';
import { HttpSocket } from './http-socket.js';

/* As many as the relay allows. With fewer there would be more streams, and a browser opens few connections. */
const MATCHES_OF_A_STREAM = 16;

/* The relay sends something every 30 s (an option), so a stream that is silent for 75 s is dead. */
const ALIVE_MS = 75000;

export class EventsSocket extends HttpSocket {
    #streams = new Set();       /* { matches, stopper } */
    #apart = new Set();         /* matches with a stream each, to find out which of them the relay refuses */
    #heardMs = performance.now();
    #isDue = false;

    get isAlive() {
        return this.#streams.size === 0 || performance.now() - this.#heardMs < ALIVE_MS;
    }

    /* Changes that come together are handled once. */
    onWanted() {
        if (this.#isDue)
            return;
        this.#isDue = true;
        setTimeout(() => {
            this.#isDue = false;
            if (this.readyState === 1)
                this.#arrange();
        });
    }

    close() {
        super.close();
        for (const stream of this.#streams)
            stream.stopper.abort();
        this.#streams.clear();
    }

    /* Ends streams with a match that is not wanted any more, and opens streams for matches without one. */
    #arrange() {
        for (const stream of this.#streams)
            if (stream.matches.some((match) => !this.#isSame(match, stream)))
                this.#stop(stream);
        const open = [...this.#streams].flatMap(({ matches }) => matches);
        let missing = [...this.wanted.keys()].filter((match) => !open.includes(match));
        const room = [...this.#streams].find(({ matches }) => missing.length > 0
            && !this.#apart.has(matches[0]) && matches.length + missing.length <= MATCHES_OF_A_STREAM);
        if (room) {
            this.#stop(room);
            missing = [...room.matches, ...missing];
        }
        for (const match of missing.filter((each) => this.#apart.has(each)))
            this.#open([match]);
        const together = missing.filter((each) => !this.#apart.has(each));
        for (let at = 0; at < together.length; at += MATCHES_OF_A_STREAM)
            this.#open(together.slice(at, at + MATCHES_OF_A_STREAM));
    }

    /* False if the match was unsubscribed, or subscribed again, which may want another place. */
    #isSame(match, stream) {
        return this.wanted.get(match) === stream.wishes.get(match);
    }

    #stop(stream) {
        stream.stopper.abort();
        this.#streams.delete(stream);
    }

    #open(matches) {
        const stream = { matches, stopper: new AbortController(),
            wishes: new Map(matches.map((match) => [match, this.wanted.get(match)])) };
        this.#streams.add(stream);
        this.#run(stream).catch(() => this.#lose(stream, 1006, ''));
    }

    #lose(stream, code, reason) {
        if (this.#streams.delete(stream))
            this.end(code, reason);
    }

    async #run(stream) {
        const timer = setTimeout(() => this.#lose(stream, 1006, 'no answer'), this.answerMs);
        const answer = await this.fetch(this.#address(stream), { headers: { ...this.headers,
            Accept: 'text/event-stream' }, cache: 'no-store', signal: stream.stopper.signal });
        if (answer.status !== 200) {
            clearTimeout(timer);
            await this.#onRefusal(stream, answer);
            return;
        }
        await readEvents(answer.body, {
            onEvent: (event) => {
                clearTimeout(timer);
                if (this.#streams.has(stream))
                    this.#onEvent(stream, event);
            },
            onBytes: () => {
                this.#heardMs = performance.now();
            },
        });
        this.#lose(stream, 1006, '');
    }

    /* A request has a single epoch: matches whose place is of another epoch begin afresh. */
    #address({ matches }) {
        const places = matches.map((match) => [match, this.wanted.get(match).place])
            .filter(([, place]) => place);
        const epoch = places.at(-1)?.[1].epoch;
        const same = places.filter(([, place]) => place.epoch === epoch);
        const history = Math.max(...matches.map((match) => this.wanted.get(match).history));
        const query = new URLSearchParams(matches.map((match) => ['match', match]));
        if (history > 0)
            query.set('history', history);
        if (same.length > 0)
            query.set('since', `${epoch}:${same.map(([match, { seq }]) => `${match}=${seq}`)}`);
        return `${this.base}/events?${query}`;
    }

    async #onRefusal(stream, answer) {
        const { type, code, message } = await answer.json().catch(() => ({}));
        const { matches } = stream;
        if (!this.#streams.delete(stream))
            return;
        if (type !== 'error') {         /* a proxy has answered, not the relay */
            this.end(1006, `HTTP ${answer.status}`);
            return;
        }
        this.isProven = true;
        if (answer.status === 404 && code === 'unknown_match') {
            for (const match of matches)
                this.refuse(match, code, message);
        } else if (answer.status === 403 && matches.length === 1) {
            this.refuse(matches[0], code ?? 'forbidden', message);
        } else if (answer.status === 403) {
            for (const match of matches)
                this.#apart.add(match);
            this.onWanted();
        } else {
            this.endAs(answer.status);
        }
    }

    #onEvent(stream, event) {
        const message = JSON.parse(event.data);
        this.isProven = true;
        if (message.type === 'welcome') {
            if (message.live === false)
                this.say({ type: 'stale' });
        } else if (message.type === 'close') {
            this.#lose(stream, message.code, message.reason);
        } else if (message.type === 'subscribed') {
            this.#onSubscribed(message);
        } else {
            this.#move(message);
            if (message.type === 'error')
                this.wanted.delete(message.match);
            this.say(message);
        }
    }

    /* The client is not told that a stream was replaced, as long as no entry is lost. */
    #onSubscribed(message) {
        const wish = this.wanted.get(message.match);
        if (!wish)
            return;
        const isAgain = wish.isJoined && message.recovered;
        wish.isJoined = true;
        wish.place = placeOf(message, wish);
        if (!isAgain)
            this.say(message);
    }

    #move({ match, seq }) {
        const wish = this.wanted.get(match);
        if (wish && seq > 0)
            wish.place = { epoch: wish.epoch, seq };
    }
}

/* The place to resume from; null while history is on its way: if the stream ends then, the match begins afresh. */
function placeOf({ recovered, epoch, head }, wish) {
    wish.epoch = epoch;
    if (recovered)
        return wish.place && { epoch, seq: wish.place.seq };
    return wish.history === 0 || head === 0 ? { epoch, seq: head } : null;
}
