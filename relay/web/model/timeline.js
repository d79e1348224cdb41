/*
 * The commentary of one match as it now stands: corrections applied, retracted
 * entries gone, reinstated ones back. Holds at most `limit` entries and forgets the oldest first.
 * Entries are never changed in place: an amended one is a new object, so that
 * a view can tell by identity what to draw again.
 */

/* What an amend may replace, in the protocol's order. */
const AMENDABLE = ['kind', 'period', 'phase', 'minute', 'stoppage', 'clock', 'actor', 'team',
    'headline', 'message', 'tags', 'metadata', 'home_score', 'away_score', 'home_display',
    'away_display', 'translates_seq', 'occurred_at'];

export class Timeline {
    #entries = new Map();
    #retracted = new Map(); /* retracted entries, because one that is reinstated needs its created_at */
    #awaiting = new Map();  /* by ref_seq: corrections of older entries that are not here yet, see prepend() */
    #canGrow = true;        /* false: entries or corrections were forgotten, so older entries would leave a gap */
    #limit;
    #remembers;

    /*
     * remembers: a withdrawn entry stays, with `retracted: true` and perhaps a `reason`, and an
     * amended entry has `was`, the first version of it. This is for pages that show both.
     */
    constructor({ limit = 2000, remembers = false } = {}) {
        this.#limit = limit;
        this.#remembers = remembers;
    }

    /* See Emitter. */
    get [Symbol.toStringTag]() {
        return 'Timeline';
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
        this.#retracted.clear();
        this.#awaiting.clear();
        this.#canGrow = true;
    }

    /*
     * Takes the entries right before the oldest one that it holds, as history() returns them. Returns
     * false and takes nothing if they are more than it may hold, or if it has forgotten some already.
     */
    prepend(messages) {
        const lines = messages.filter(({ type, op }) => type === 'commentary' && op === 'insert');
        if (!this.#canGrow || this.#entries.size + lines.length > this.#limit)
            return false;
        const later = this.#awaiting, held = this.#entries;
        this.#awaiting = new Map();
        this.#entries = new Map(lines.filter(({ seq }) => !held.has(seq))
            .map((line) => [line.seq, Object.freeze({ ...line, amended: false })]));
        this.#entries = new Map([...this.#entries, ...held].sort(([a], [b]) => a - b));
        for (const message of messages.filter(({ op }) => op !== 'insert'))
            this.apply(message);
        for (const corrections of later.values())
            corrections.forEach((correction) => this.apply(correction));
        return true;
    }

    /*
     * Takes a message as the relay sent it. Returns { change, entry }: the entry was 'added',
     * 'amended', 'retracted' or 'reinstated'. Returns null if there is nothing to show: the message
     * has another type, or corrects an entry that is not held.
     */
    apply(message) {
        if (message.type !== 'commentary')
            return null;
        if (message.ref_seq && !this.#entries.has(message.ref_seq) && !this.#retracted.has(message.ref_seq))
            this.#await(message);
        switch (message.op) {
        case 'insert':
            return this.#add(message);
        case 'amend':
            return this.#amend(message);
        case 'retract':
            return this.#retract(message);
        case 'reinstate':
            return this.#reinstate(message);
        default:
            return null;
        }
    }

    #add(message) {
        const entry = Object.freeze({ ...message, amended: false });
        this.#entries.set(entry.seq, entry);
        this.#forget();
        return { change: 'added', entry };
    }

    #amend(message) {
        const old = this.#entries.get(message.ref_seq);
        if (!old || old.retracted)
            return null;
        const given = AMENDABLE.filter((member) => message[member] !== undefined);
        const changes = Object.fromEntries(given.map((member) => [member, message[member]]));
        const entry = Object.freeze(withoutNulls({ ...old, ...changes, amended: true,
            ...this.#remembers ? { was: old.was ?? old } : {} }));
        this.#entries.set(entry.seq, entry);
        return { change: 'amended', entry };
    }

    /* The message has the whole entry; it goes to its old place. */
    #reinstate({ op, ref_seq, ...message }) {
        const { created_at } = this.#retracted.get(ref_seq) ?? this.#entries.get(ref_seq) ?? message;
        const entry = Object.freeze(withoutNulls({ ...message, op: 'insert', seq: ref_seq, created_at,
            amended: true }));
        this.#retracted.delete(ref_seq);
        this.#entries.delete(ref_seq);
        this.#entries = new Map([...this.#entries, [ref_seq, entry]].sort(([a], [b]) => a - b));
        this.#forget();
        return { change: 'reinstated', entry };
    }

    #retract(message) {
        const entry = this.#entries.get(message.ref_seq);
        if (!entry || entry.retracted)
            return null;
        if (this.#remembers)
            return this.#withdraw(entry, message.message);
        this.#entries.delete(entry.seq);
        this.#retracted.set(entry.seq, entry);
        this.#forget();
        return { change: 'retracted', entry };
    }

    #await(message) {
        const { ref_seq } = message;
        if (message.op === 'reinstate')     /* the message has the whole entry, so earlier corrections do not matter */
            this.#awaiting.delete(ref_seq);
        else if (this.#awaiting.has(ref_seq) || this.#awaiting.size < this.#limit)
            this.#awaiting.set(ref_seq, [...this.#awaiting.get(ref_seq) ?? [], message]);
        else
            this.#canGrow = false;
    }

    #withdraw(old, reason) {
        const entry = Object.freeze({ ...old, retracted: true, ...reason ? { reason } : {} });
        this.#entries.set(entry.seq, entry);
        return { change: 'retracted', entry };
    }

    #forget() {
        this.#canGrow &&= this.#entries.size <= this.#limit;
        for (const entries of [this.#entries, this.#retracted])
            if (entries.size > this.#limit)
                entries.delete(entries.keys().next().value);
    }
}

/* An amendment removes a member by sending null for it. */
function withoutNulls(entry) {
    return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));
}
