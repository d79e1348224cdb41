/*
 * The commentary of one match as it now stands: corrections applied, retracted
 * entries gone. Holds at most `limit` entries and forgets the oldest first.
 * Entries are never changed in place: an amended one is a new object, so that
 * a view can tell by identity what to draw again.
 */

/* What an amend may replace, in the protocol's order. */
const AMENDABLE = ['kind', 'period', 'minute', 'stoppage', 'actor', 'team', 'message', 'tags',
    'metadata', 'home_score', 'away_score'];

export class Timeline {
    #entries = new Map();
    #limit;

    constructor({ limit = 2000 } = {}) {
        this.#limit = limit;
    }

    /* The entries, oldest first. */
    get entries() {
        return [...this.#entries.values()];
    }

    get size() {
        return this.#entries.size;
    }

    get(seq) {
        return this.#entries.get(seq);
    }

    reset() {
        this.#entries.clear();
    }

    /*
     * Takes an entry as the relay sent it. Returns the entry that was 'added',
     * 'amended' or 'retracted' as { change, entry }, or null where there is
     * nothing to show (another type, or a correction of what is not held).
     */
    apply(message) {
        if (message.type !== 'commentary')
            return null;
        switch (message.op) {
        case 'insert':
            return this.#add(message);
        case 'amend':
            return this.#amend(message);
        case 'retract':
            return this.#retract(message);
        default:
            return null;
        }
    }

    #add(message) {
        const entry = Object.freeze({ ...message, amended: false });
        this.#entries.set(entry.seq, entry);
        if (this.#entries.size > this.#limit)
            this.#entries.delete(this.#entries.keys().next().value);
        return { change: 'added', entry };
    }

    #amend(message) {
        const old = this.#entries.get(message.ref_seq);
        if (!old)
            return null;
        const given = AMENDABLE.filter((member) => message[member] !== undefined);
        const changes = Object.fromEntries(given.map((member) => [member, message[member]]));
        const entry = Object.freeze({ ...old, ...changes, amended: true });
        this.#entries.set(entry.seq, entry);
        return { change: 'amended', entry };
    }

    #retract(message) {
        const entry = this.#entries.get(message.ref_seq);
        if (!entry)
            return null;
        this.#entries.delete(entry.seq);
        return { change: 'retracted', entry };
    }
}
