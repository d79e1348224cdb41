/*
 * The client of version 1.1, as pages have it that were opened before a relay was upgraded,
 * and programs that copied it: data of old_client.py, never changed. It is commentary.js
 * with the files that it imported (commit a6e87b5), put into one; only import lines are left out.
 */

/* ---- backoff.js ---- */

/*
 * How long to wait before the next attempt: exponential, with full jitter, so
 * that viewers who were dropped together do not come back together.
 */

/* No retry_after_ms is believed beyond this. */
const MAX_RETRY_AFTER_MS = 600000;

export class Backoff {
    #baseMs;
    #capMs;
    #random;
    #attempts = 0;

    constructor({ baseMs = 1000, capMs = 30000, random = Math.random } = {}) {
        this.#baseMs = baseMs;
        this.#capMs = capMs;
        this.#random = random;
    }

    /* Milliseconds to wait, 0 … min(cap, base * 2^attempts). */
    next() {
        const windowMs = Math.min(this.#capMs, this.#baseMs * 2 ** this.#attempts);
        this.#attempts += 1;
        return this.#random() * windowMs;
    }

    /* Milliseconds to wait when trying soon is pointless: cap/2 … cap. */
    patient() {
        this.#attempts += 1;
        return this.#capMs * (0.5 + this.#random() / 2);
    }

    /* Milliseconds to wait when told how long; the jitter stays. */
    told(retryAfterMs) {
        return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + this.#random() * this.#baseMs;
    }

    reset() {
        this.#attempts = 0;
    }
}

/* ---- cursor.js ---- */

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

/* ---- topic.js ---- */

/* A match (or the lobby) that is followed, and how far the subscription is. */


export class Topic {
    phase = 'idle';             /* idle → joining → joined; or waiting for a retry */
    retryTimer = null;

    constructor(match, history, since, backoff) {
        this.match = match;
        this.history = history;
        this.cursor = new Cursor(since);
        this.backoff = backoff;
    }

    /* Does the relay hold a subscription of ours, or will it once it has read what we sent? */
    get isAsked() {
        return this.phase === 'joining' || this.phase === 'joined';
    }

    get request() {
        return { type: 'subscribe', match: this.match, since: this.cursor.since,
            history: this.history || undefined };
    }

    enter(phase) {
        clearTimeout(this.retryTimer);
        this.phase = phase;
    }
}

/* ---- timeline.js ---- */

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

/* ---- scoreboard.js ---- */

/* The states of the matches, as the lobby tells them: at most `limit`, the oldest go first. */

export class Scoreboard {
    #states = new Map();
    #limit;

    constructor({ limit = 1000 } = {}) {
        this.#limit = limit;
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

/* ---- commentary.js ---- */

/*
 * commentary.js: follows live match commentary over one WebSocket.
 *
 * The whole viewer's side of commentary.v1 (relay/PROTOCOL.md), with no
 * dependency, for browsers and for Node. What shaped it is one rule: a client
 * that holds seq n accepts n + 1 and nothing else. From that follows that every
 * entry is handed out once and in order, however often the connection is lost.
 *
 *     import { Commentary, Timeline } from './commentary.js';
 *
 *     const timeline = new Timeline();
 *     const commentary = new Commentary('wss://example.org/ws');
 *     commentary.on('subscribed', ({ recovered }) => recovered || timeline.reset());
 *     commentary.on('entry', ({ entry }) => timeline.apply(entry));
 *     commentary.follow(7, { history: 50 });
 *     commentary.connect();
 *
 * Backoff, Cursor, Timeline and Scoreboard are pure and can be used alone; what
 * is in this file joins them to a socket.
 */



export const PROTOCOL = 'commentary.v1';
export const LOBBY = 'lobby';
export const MAX_HISTORY = 500;
export const MAX_MATCHES = 128;

/*
 * Close codes that mean "mend the client" or "too many": trying again soon
 * would only be refused again, so these wait in the widest window.
 */
const PATIENT_CODES = new Set([1002, 1003, 1007, 1009, 4400, 4401, 4403, 4429]);

/* A timer of browsers cannot wait longer; a token that is good for longer is renewed sooner. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/*
 * The connection. Events, by on(type, listener):
 *
 *   state       { state, reason, retryInMs }: 'connecting', 'live', 'stale' (the
 *               relay lost its database: late, not lost), 'offline' (tries again
 *               in retryInMs), 'closed'
 *   subscribed  { match, epoch, head, recovered, state }: unless recovered, forget
 *               what you hold of that match: it starts afresh
 *   entry       { match, entry, isHistory }: each once, in order; entry is the
 *               message of the relay (commentary, match or match_created)
 *   error       { code, message, match }: from the relay; it closes nothing. After
 *               unknown_match, too_many_matches, forbidden and bad_request that match
 *               is no longer followed. Code 'token': the option token gave none
 *
 * A listener that throws does not disturb the connection: its error surfaces as
 * an uncaught one.
 */
export class Commentary {
    #url;
    #options;
    #backoff;
    #socket = null;
    #state = 'idle';
    #topics = new Map();
    #listeners = new Map();
    #watchTimer = null;
    #retryTimer = null;
    #retryAfterMs = null;
    #welcomedAt = null;
    #firstState = null;
    #isAuthorised = false;
    #tokenTimer = null;

    /*
     * url: ws: or wss:, a string or URL. Options, all with good defaults:
     *   WebSocket     the constructor to use; the global one unless given
     *   token         a function that returns a token, or a promise of one: called when the
     *                 relay asks for one, and again before that expires. Or a token itself,
     *                 with which it ends
     *   quietMs       silence after which the relay is asked for a sign of life
     *   answerMs      how long it may take to answer that, and to say welcome
     *   steadyMs      a connection that lasted so long lets the backoff begin again
     *   tokenRetryMs  when to call token again if it failed and the last one is still good
     *   baseMs, capMs, random   see Backoff
     */
    constructor(url, options = {}) {
        this.#url = url;
        this.#options = { WebSocket: globalThis.WebSocket, quietMs: 30000, answerMs: 10000,
            steadyMs: 10000, tokenRetryMs: 5000, ...options };
        if (!this.#options.WebSocket)
            throw new TypeError('no WebSocket here: hand in a constructor as options.WebSocket');
        this.#backoff = new Backoff(options);
    }

    get state() {
        return this.#state;
    }

    /* Calls listener(event) for each event of that type; returns what undoes it. */
    on(type, listener) {
        if (!this.#listeners.has(type))
            this.#listeners.set(type, new Set());
        this.#listeners.get(type).add(listener);
        return () => this.#listeners.get(type).delete(listener);
    }

    /* Connects, and stays connected until close(). */
    connect() {
        if (this.#socket)
            return;
        clearTimeout(this.#retryTimer);
        this.#enter('connecting');
        this.#open();
    }

    /* Ends it: no event follows but the state 'closed'. connect() starts again. */
    close() {
        this.#release();
        clearTimeout(this.#retryTimer);
        this.#enter('closed');
    }

    /*
     * Call it when the network may be back or the device awoke: a wait for the
     * next attempt ends now, and a connection is asked whether it still lives.
     */
    wake() {
        if (this.#state === 'offline')
            this.connect();
        else if (this.#isWelcome)
            this.#probe();
    }

    /*
     * Follows a match (its number, or LOBBY). history: how many of the last
     * entries to begin with, 0 … 500; since: {epoch, seq} that position() gave
     * earlier, to resume there. Followed already: starts afresh with these.
     */
    follow(match, { history = 0, since = null } = {}) {
        const known = this.#topics.get(match);
        if (!known && this.#topics.size >= MAX_MATCHES)
            throw new RangeError(`a viewer follows at most ${MAX_MATCHES} matches: unfollow one`);
        const topic = new Topic(match, Math.min(history, MAX_HISTORY), since,
            new Backoff(this.#options));
        this.#topics.set(match, topic);
        if (known)
            this.#leave(known);
        if (this.#isAuthorised)
            this.#join(topic);
    }

    unfollow(match) {
        const topic = this.#topics.get(match);
        if (!topic)
            return;
        this.#topics.delete(match);
        this.#leave(topic);
    }

    /* Where the client stands in a match: { epoch, seq, head, isCaughtUp }, or null. */
    position(match) {
        const cursor = this.#topics.get(match)?.cursor;
        return cursor ? { epoch: cursor.epoch, seq: cursor.seq, head: cursor.head,
            isCaughtUp: cursor.isCaughtUp } : null;
    }

    get #isWelcome() {
        return this.#welcomedAt !== null;
    }

    get #canRenew() {
        return typeof this.#options.token === 'function';
    }

    #open() {
        const socket = new this.#options.WebSocket(this.#url, PROTOCOL);
        socket.onmessage = (event) => this.#receive(event.data);
        socket.onclose = (event) => this.#lose(event.code, event.reason);
        socket.onerror = () => {};      /* a close follows, and says more */
        this.#socket = socket;
        this.#expect('no welcome');
    }

    /*
     * Lets go of the socket without waiting for it: on a dead connection the
     * closing handshake would take minutes, and late events must not be heard.
     */
    #release() {
        clearTimeout(this.#watchTimer);
        clearTimeout(this.#tokenTimer);
        const socket = this.#socket;
        this.#socket = null;
        this.#welcomedAt = null;
        this.#isAuthorised = false;
        for (const topic of this.#topics.values())
            topic.enter('idle');
        if (!socket)
            return;
        socket.onmessage = null;
        socket.onclose = null;
        socket.close();
    }

    #lose(code, reason) {
        const wasSteady = this.#isWelcome
            && performance.now() - this.#welcomedAt >= this.#options.steadyMs;
        this.#release();
        if (wasSteady)
            this.#backoff.reset();
        const retryInMs = this.#retryDelay(code, reason);
        this.#retryAfterMs = null;
        this.#retryTimer = setTimeout(() => this.connect(), retryInMs);
        this.#enter('offline', { reason: reason || `closed with ${code}`, retryInMs });
    }

    #retryDelay(code, reason) {
        if (this.#retryAfterMs !== null)
            return this.#backoff.told(this.#retryAfterMs);
        const isPatient = PATIENT_CODES.has(code) && !(reason === 'expired' && this.#canRenew);
        return isPatient ? this.#backoff.patient() : this.#backoff.next();
    }

    /* Whatever comes is a sign of life; when nothing comes we ask for one. */
    #watch() {
        clearTimeout(this.#watchTimer);
        this.#watchTimer = setTimeout(() => this.#probe(), this.#options.quietMs);
    }

    #probe() {
        this.#send({ type: 'ping' });
        this.#expect('no answer');
    }

    #expect(reason) {
        clearTimeout(this.#watchTimer);
        this.#watchTimer = setTimeout(() => this.#lose(1006, reason), this.#options.answerMs);
    }

    #send(message) {
        if (this.#isWelcome && this.#socket.readyState === 1)
            this.#socket.send(JSON.stringify(message));
    }

    #receive(data) {
        const message = parse(data);
        if (!message)
            return this.#lose(1003, 'not commentary.v1: is the address right?');
        this.#watch();
        switch (message.type) {
        case 'welcome':
            return this.#onWelcome(message);
        case 'authorised':
            return this.#onAuthorised(message);
        case 'subscribed':
            return this.#onSubscribed(message);
        case 'commentary':
        case 'match':
        case 'match_created':
            return this.#onEntry(message);
        case 'stale':
            return this.#enter('stale');
        case 'live':
            return this.#onLive();
        case 'error':
            return this.#onError(message);
        case 'bye':
            this.#retryAfterMs = Math.max(0, Number(message.retry_after_ms) || 0);
        }
    }

    #onWelcome(message) {
        this.#welcomedAt = performance.now();
        this.#firstState = message.live === false ? 'stale' : 'live';
        if (message.auth_within_ms > 0)
            this.#showToken();
        else
            this.#joinAll();
    }

    /* The function may take its time; by then the connection may be another one. */
    async #showToken() {
        const socket = this.#socket;
        let token, failure;
        try {
            token = this.#canRenew ? await this.#options.token() : this.#options.token;
        } catch (error) {
            failure = error;
        }
        if (socket !== this.#socket)
            return;
        if (typeof token === 'string' && token !== '')
            this.#send({ type: 'auth', token });
        else
            this.#onNoToken(failure?.message ?? 'the relay wants a token: see the option token');
    }

    /* While the last token is good there is time to ask for another one again. */
    #onNoToken(message) {
        if (this.#isAuthorised)
            this.#tokenTimer = setTimeout(() => this.#showToken(), this.#options.tokenRetryMs);
        else
            this.#lose(4401, message);
        this.#emit('error', { code: 'token', message });
    }

    /* Answers a token; one that replaces another one changes nothing else. */
    #onAuthorised(message) {
        clearTimeout(this.#tokenTimer);
        if (this.#canRenew && message.expires_in_ms >= 0)
            this.#tokenTimer = setTimeout(() => this.#showToken(), renewIn(message.expires_in_ms));
        if (!this.#isAuthorised)
            this.#joinAll();
    }

    #joinAll() {
        this.#isAuthorised = true;
        this.#enter(this.#firstState);
        for (const topic of this.#topics.values())
            this.#join(topic);
    }

    #onLive() {
        this.#enter('live');
        for (const topic of this.#topics.values())
            if (topic.phase === 'waiting')
                this.#join(topic);
    }

    /* Also comes unasked when the epoch changes; it is the same to us. */
    #onSubscribed(message) {
        const topic = this.#topics.get(message.match);
        if (!topic?.isAsked)
            return;
        topic.cursor.start(message, topic.history);
        topic.enter('joined');
        this.#emit('subscribed', message);
    }

    #onEntry(entry) {
        const topic = this.#topics.get(entry.match);
        if (topic?.phase !== 'joined')
            return;             /* on its way before we left, or before `subscribed` */
        switch (topic.cursor.accept(entry.seq)) {
        case 'next':
            topic.backoff.reset();
            this.#emit('entry', { match: entry.match, entry,
                isHistory: entry.seq <= topic.cursor.head });
            break;
        case 'gap':
            this.#leave(topic);
            this.#joinLater(topic);
        }
    }

    #onError(error) {
        const topic = this.#topics.get(error.match);
        switch (topic && error.code) {
        case 'unavailable':
            this.#joinLater(topic);
            break;
        case 'unknown_match':
        case 'too_many_matches':
        case 'forbidden':
        case 'bad_request':
            topic.enter('idle');
            this.#topics.delete(topic.match);
            break;
        case 'already_subscribed':      /* we and the relay disagree: start clean */
            this.#lose(1006, error.message);
        }
        this.#emit('error', error);
    }

    #join(topic) {
        topic.enter('joining');
        this.#send(topic.request);
    }

    #leave(topic) {
        if (topic.isAsked)
            this.#send({ type: 'unsubscribe', match: topic.match });
        topic.enter('idle');
    }

    /*
     * Not at once: what one viewer misses the others miss too, and a relay that
     * goes on failing must not be asked without end.
     */
    #joinLater(topic) {
        topic.enter('waiting');
        topic.retryTimer = setTimeout(() => this.#join(topic), topic.backoff.next());
    }

    #enter(state, detail = {}) {
        if (state === this.#state && state !== 'offline')
            return;
        this.#state = state;
        this.#emit('state', { state, ...detail });
    }

    #emit(type, event) {
        for (const listener of this.#listeners.get(type) ?? []) {
            try {
                listener(event);
            } catch (error) {
                queueMicrotask(() => {
                    throw error;
                });
            }
        }
    }
}

/* A minute before it expires, or a fifth of its time if that is less; never without a pause. */
function renewIn(expiresInMs) {
    const inMs = expiresInMs - Math.min(60000, expiresInMs / 5);
    return Math.max(1000, Math.min(inMs, MAX_TIMER_MS));
}

/* The message in a frame, or null: text frames hold one JSON object with a type. */
function parse(data) {
    try {
        const message = JSON.parse(data);
        return typeof message?.type === 'string' ? message : null;
    } catch {
        return null;
    }
}
