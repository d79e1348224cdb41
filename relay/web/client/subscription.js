/*
 * One match (or the lobby) that is followed, with events of its own:
 *
 *   subscribed  { recovered, head, epoch, state }: unless recovered, the match begins afresh
 *   entry       { entry, isHistory }: each entry that the filter keeps, once and in order
 *   state       the state of the match, at first and when it changes
 *   error       a CommentaryError of this match
 *   end         the last event: the error that ended the subscription, or undefined
 *
 *     const match = commentary.subscribe(7, { history: 50, signal });
 *     await match.ready();
 *     for await (const entry of match) …
 *
 * `entries` is the commentary as it now stands, corrections applied, oldest first.
 */

import { matchIn } from '../model/alternates.js';
import { isKeyEvent } from '../model/sports.js';
import { Timeline } from '../model/timeline.js';
import { LOBBY } from './arguments.js';
import { Emitter } from './emitter.js';
import { CommentaryError, aborted } from './errors.js';

/* Errors after which the relay gives nothing more of the match. */
const FINAL = new Set(['unknown_match', 'forbidden', 'too_many_matches', 'bad_request']);

/* How many unread entries an iteration keeps. With more of them it ends with the error 'overflow'. */
const BUFFER = 1000;

export class Subscription extends Emitter {
    match;
    state = null;
    isEnded = false;
    error = null;
    isSubscribed = false;
    #client;
    #subscriptions;
    #member = { begin: (...given) => this.#begin(...given), resume: (event) => this.#resume(event),
        take: (entry) => this.#take(entry), fail: (error) => this.#fail(error) };
    #timeline;
    #filter;
    #choice;
    #undo = [];
    #head = 0;                  /* the head at the last `subscribed`: entries after it are not history */
    #firstSeq = null;           /* of the oldest entry that the timeline has had */

    /* options: history, since, signal, filter ('key', or a function of an entry), limit, language. */
    constructor(client, subscriptions, match, options) {
        super();
        const { history, signal, filter, limit, language } = options;
        Object.assign(this, { match });
        this.#client = client;
        this.#subscriptions = subscriptions;
        this.#choice = { language: checkLanguage(language), history };
        this.#timeline = new Timeline({ limit });
        this.#filter = filterOf(filter, this);
        if (signal?.aborted) {
            this.#end(aborted(signal), false);
            return;
        }
        subscriptions.join(match, options, this.#member);
        const abort = () => this.#end(aborted(signal));
        signal?.addEventListener('abort', abort, { once: true });
        this.#undo.push(() => signal?.removeEventListener('abort', abort));
    }

    get entries() {
        return this.#timeline.entries.filter(this.#filter);
    }

    /* { epoch, seq, head, isCaughtUp }, or null. Pass it as `since` to resume at this place. */
    get position() {
        const position = this.isEnded ? null : this.#client.position(this.match);
        const { hasBegun, since } = this.#member;
        return position === null || hasBegun ? position
            : { epoch: since?.epoch ?? null, seq: since?.seq ?? null, head: 0, isCaughtUp: false };
    }

    /* Resolves when the relay has answered; rejects with the error that ends this, or with the signal's reason. */
    ready({ signal } = {}) {
        if (this.isEnded)
            return Promise.reject(this.error ?? new CommentaryError('unsubscribed', '', this.match));
        return this.until('settled', signal, () => this.isSubscribed, () => this.isEnded && (this.error
            ?? new CommentaryError('unsubscribed', 'this subscription was ended', this.match)), {});
    }

    unsubscribe() {
        this.#end(null);
    }

    /*
     * Yields the entries that are there, then each that comes, also corrections. It ends when the
     * subscription ends, and throws the error that ended it.
     */
    async* [Symbol.asyncIterator]() {
        const there = this.entries, waiting = [];
        let wake = null, isOver = this.isEnded, isFull = false;
        const take = ({ entry }) => {
            isFull ||= waiting.length >= BUFFER;
            if (!isFull)
                waiting.push(entry);
            wake?.();
        };
        const undo = [this.on('entry', take), this.on('end', () => {
            isOver = true;
            wake?.();
        })];
        try {
            yield* there;
            for (;;) {
                if (waiting.length > 0)
                    yield waiting.shift();
                else if (isFull)
                    throw new CommentaryError('overflow', `more than ${BUFFER} entries were not read`, this.match);
                else if (isOver)
                    break;
                else
                    await new Promise((resolve) => {
                        wake = resolve;
                    });
            }
            if (this.error && this.error.name !== 'AbortError')
                throw this.error;
        } finally {
            undo.forEach((each) => each());
        }
    }

    /*
     * Reads the newest `limit` lines before the oldest one of `entries`, and puts them in front.
     * Resolves with true when there are no lines before them. If `entries` would then have more than
     * the `limit` of the subscription, nothing is added.
     */
    async history({ limit, signal } = {}) {
        const before = this.#firstSeq ?? this.#head + 1;
        const older = await this.#client.history(this.match, { before, limit, signal });
        if (before === (this.#firstSeq ?? before) && this.#timeline.prepend(older.entries))
            this.#firstSeq = older.entries[0]?.seq ?? before;
        return older.isWhole;
    }

    #begin(event, entries) {
        if (!event.recovered && this.#move(event.state))
            return;
        if (!event.recovered) {
            this.#timeline.reset();
            this.#firstSeq = null;
        }
        this.#resume(event);
        for (const entry of entries)
            this.#take(entry);
    }

    #resume(event) {
        this.#head = event.head;
        this.isSubscribed = true;
        this.emit('subscribed', event);
        this.emit('settled');
        if (event.state)
            this.#setState(event.state);
    }

    /* Goes to the match that has the commentary in the wanted language, if there is one. */
    #move(state) {
        const { language, history } = this.#choice;
        const other = language === null || !state ? null : matchIn(state, language);
        if (other === null || other === this.match)
            return false;
        this.#choice.language = null;       /* only once, or two matches could send it to each other for ever */
        this.#subscriptions.leave(this.match, this.#member);
        this.match = other;
        try {
            this.#subscriptions.join(other, { history }, this.#member);
        } catch (error) {
            this.#end(new CommentaryError('too_many_matches', error.message, other), false);
        }
        return true;
    }

    #take(entry) {
        if (this.isEnded)       /* a listener of an earlier entry has ended it */
            return;
        this.#firstSeq ??= entry.seq;
        this.#timeline.apply(entry);
        if (this.#filter(entry))
            this.emit('entry', { entry, isHistory: entry.seq <= this.#head });
        if (entry.state && this.match !== LOBBY)
            this.#setState(entry.state);
    }

    #setState(state) {
        this.state = state;
        this.emit('state', state);
    }

    #fail({ code, message, match }) {
        const error = new CommentaryError(code, message, match);
        if (FINAL.has(code))
            this.#end(error);
        else
            this.emit('error', error);
    }

    #end(error, hasJoined = true) {
        if (this.isEnded)
            return;
        this.isEnded = true;
        this.error = error;
        this.#undo.forEach((undo) => undo());
        if (hasJoined)
            this.#subscriptions.leave(this.match, this.#member);
        if (error instanceof CommentaryError)
            this.emit('error', error);
        this.emit('settled');
        this.emit('end', error ?? undefined);
    }
}

/* A language as de or pt-BR, or null. */
function checkLanguage(language) {
    if (language === undefined || language === null)
        return null;
    if (typeof language !== 'string' || !/^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(language))
        throw new TypeError("language is a language tag, as 'de' or 'pt-BR'");
    return language;
}

/* The filter decides about lines alone. It keeps all corrections, because an amendment may come without the kind. */
function filterOf(filter, subscription) {
    if (filter === undefined || filter === null)
        return () => true;
    if (filter !== 'key' && typeof filter !== 'function')
        throw new TypeError("filter is 'key', or a function of an entry");
    return (entry) => entry.type !== 'commentary' || (entry.op ?? 'insert') !== 'insert'
        || (filter === 'key' ? isKeyEvent(entry, subscription.state?.sport) : Boolean(filter(entry)));
}
