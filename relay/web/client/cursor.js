/*
 * Where a client stands in one match: the epoch and the last seq that it holds.
 * seq is null while the first entry of a fresh start is still to come, because
 * a match may be shorter than the history that was asked for.
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

    /* Takes the relay's `subscribed`; history is what was asked for. */
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
