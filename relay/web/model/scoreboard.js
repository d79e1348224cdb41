/* The states of the matches, from the lobby. It holds at most `limit` of them, and forgets the oldest first. */

export class Scoreboard {
    #states = new Map();
    #limit;

    constructor({ limit = 1000 } = {}) {
        this.#limit = limit;
    }

    /* See Emitter. */
    get [Symbol.toStringTag]() {
        return 'Scoreboard';
    }

    get states() {
        return [...this.#states.values()];
    }

    get(match) {
        return this.#states.get(match);
    }

    /* Starts afresh from the `state` of the lobby's `subscribed`. */
    reset(states) {
        this.#states.clear();
        for (const state of states ?? [])
            this.#put(state);
    }

    /* Takes a `match` or `match_created`. */
    apply(message) {
        this.#put(message.state);
    }

    #put(state) {
        this.#states.set(state.match, state);
        if (this.#states.size > this.#limit)
            this.#states.delete(this.#states.keys().next().value);
    }
}
