/*
 * The client's place in one match: the epoch and the last seq that it holds. After a fresh
 * start, seq is null until the first entry comes: the match may have fewer entries than the
 * history that was asked for, so the first seq is not known before.
 */

export class Cursor {
    epoch = null;
    seq = null;
    head = 0;

    constructor(since = null) {
        if (since) {
            this.epoch = since.epoch;
            this.seq = since.seq;
        }
    }

    /* What to resume from, or undefined for a fresh start. */
    get since() {
        return this.seq === null ? undefined : { epoch: this.epoch, seq: this.seq };
    }

    get isCaughtUp() {
        return this.seq !== null && this.seq >= this.head;
    }

    /* Takes the relay's `subscribed`; history: how many lines were asked for. */
    start({ epoch, head, recovered }, history) {
        this.epoch = epoch;
        this.head = head;
        if (!recovered)
            this.seq = history > 0 && head > 0 ? null : head;
    }

    /* Says what an entry of that seq is: 'next' (and moves on), 'double' or 'gap'. */
    accept(seq) {
        const isNext = this.seq === null ? seq <= this.head + 1 : seq === this.seq + 1;
        if (isNext) {
            this.seq = seq;
            return 'next';
        }
        return this.seq !== null && seq <= this.seq ? 'double' : 'gap';
    }
}
