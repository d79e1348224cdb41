/*
 * A match that several subscriptions of one client share. The client subscribes once at the relay,
 * and each subscription begins at its own place.
 *
 * A subscription that wants what the relay was asked for begins with the relay's answer. One that
 * wants something else, or that comes later, begins with the entries in memory (recent.js) as soon as
 * the client has caught up; entries that are not in memory are read over HTTP. It then takes the
 * entries that follow, so that none is missing and none comes twice.
 *
 * A member is { history, since, hasBegun, isReading, from, begin(event, entries), resume(event),
 * take(entry), fail(error) }: begin() gets the first answer and the entries that are there, take()
 * each entry after them.
 */

import { LOBBY, MAX_HISTORY } from './arguments.js';
import { CommentaryError } from './errors.js';
import { Recent, startOf } from './recent.js';

export class SharedMatch {
    members = new Set();
    #match;
    #client;
    #recent;
    #asked;
    #starts = 0;                /* how often the match began afresh */

    /* asked: { history, since } of the request to the relay. */
    constructor(client, match, asked) {
        this.#client = client;
        this.#match = match;
        this.#asked = asked;
        this.#recent = new Recent(match);
    }

    /* Another request is sent to the relay. */
    ask(asked) {
        this.#asked = asked;
    }

    /* The request, which is not sent yet, asks for more lines. */
    widen(history) {
        this.#asked = { ...this.#asked, history };
    }

    add(member) {
        this.members.add(member);
        queueMicrotask(() => this.#tryToBegin(member));         /* its listeners are added first */
    }

    /* Takes `subscribed`. */
    onSubscribed(event) {
        this.#recent.start(event, this.#client.position(this.#match)?.seq ?? 0);
        if (!event.recovered)
            this.#starts += 1;
        for (const member of [...this.members])
            if (this.members.has(member))
                this.#answer(member, event);
        this.#asked = { history: this.#asked.history, since: null };
        this.#beginAll();
    }

    /* The relay is back: try to read again what could not be read. */
    onLive() {
        this.#beginAll();
    }

    onEntry(entry) {
        if (entry.seq <= this.#recent.seq)      /* follow() began at an earlier place */
            return;
        this.#recent.add(entry);
        for (const member of [...this.members])
            if (this.members.has(member) && member.hasBegun && entry.seq >= member.from)
                member.take(entry);
        this.#beginAll();
    }

    onError(error) {
        for (const member of [...this.members])
            member.fail(error);
    }

    #answer(member, event) {
        if (member.hasBegun && event.recovered) {
            member.resume(event);
            return;
        }
        if (member.since === this.#asked.since || member.hasBegun)
            member.since = event.recovered ? member.since : null;
        member.hasBegun = false;
        this.#tryToBegin(member, event);
    }

    #beginAll() {
        for (const member of [...this.members])
            if (!member.hasBegun)
                this.#tryToBegin(member);
    }

    /* event: the relay's answer, or null if it came earlier. */
    #tryToBegin(member, event = null) {
        if (this.#recent.epoch === null || !this.members.has(member) || member.hasBegun || member.isReading)
            return;
        if (member.since && member.since.epoch !== this.#recent.epoch && !event?.recovered)
            member.since = null;            /* the match began afresh, so this place is gone */
        if (event && this.#isAsked(member, event))
            this.#begin(member, event, 0, []);
        else if (member.history === 0 && member.since === null)
            this.#begin(member, this.#told(false), this.#recent.head + 1, []);
        else if (this.#client.position(this.#match)?.isCaughtUp)
            this.#beginFromMemory(member);
    }

    /* Whether the relay's answer is what the member wants. */
    #isAsked({ history, since }, { recovered }) {
        return history === this.#asked.history && recovered === (since !== null)
            && (since === null || since === this.#asked.since);
    }

    /* from: the seq of the next entry that it takes. */
    #begin(member, event, from, entries) {
        Object.assign(member, { hasBegun: true, since: null, from });
        member.begin(event, entries);
    }

    /* Begins the member with entries up to the newest one. */
    #beginHere(member, recovered, entries) {
        this.#begin(member, this.#told(recovered), this.#recent.head + 1, entries);
    }

    /* The event `subscribed` as the relay would send it now. */
    #told(recovered) {
        const { epoch, head, state } = this.#recent;
        return { match: this.#match, epoch, head, recovered, state };
    }

    #beginFromMemory(member) {
        const { since, history } = member;
        const entries = since ? this.#recent.after(since.seq) : this.#recent.last(history);
        if (since && entries)
            this.#begin(member, this.#told(true), since.seq + 1, entries);
        else if (entries)
            this.#beginHere(member, false, entries);
        else if (this.#match === LOBBY)     /* older entries of the lobby cannot be read */
            this.#beginHere(member, false, this.#recent.entries);
        else
            this.#read(member);
    }

    /* Reads the lines that are not in memory. While the relay is away this fails, and is tried again later. */
    async #read(member) {
        const starts = this.#starts, before = this.#recent.first;
        const limit = member.since ? MAX_HISTORY : member.history - this.#recent.lines;
        let older = null, failure = null;
        member.isReading = true;
        try {
            older = await this.#client.history(this.#match, { before, limit });
        } catch (error) {
            failure = error;
        }
        if (!this.members.has(member))
            return;
        member.isReading = false;
        if (starts !== this.#starts)        /* the match began afresh meanwhile */
            this.#tryToBegin(member);
        else if (older)
            this.#beginWith(member, older.entries, this.#recent.after(before - 1));
        else if (this.#client.state === 'live' && failure.code !== 'rewritten')
            this.#beginWithout(member, failure.message);
    }

    /* later: the entries right after the older ones, or null if some of them are forgotten already. */
    #beginWith(member, older, later) {
        const { since, history } = member, entries = [...older, ...later ?? []];
        if (later === null)
            this.#beginWithout(member, 'more entries came than are kept');
        else if (since && entries[0]?.seq <= since.seq + 1)
            this.#beginHere(member, true, entries.filter(({ seq }) => seq > since.seq));
        else if (history === 0)
            this.#beginHere(member, false, []);
        else
            this.#beginHere(member, false, entries.filter(({ seq }) => seq >= (startOf(entries, history) ?? 0)));
    }

    /* Begins with fewer entries; history() can read the others later. */
    #beginWithout(member, message) {
        this.#beginHere(member, false, this.#recent.entries);
        member.fail(new CommentaryError('http', message, this.#match));
    }
}
