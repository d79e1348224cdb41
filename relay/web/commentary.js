/*
 * commentary.js: follows live match commentary over one WebSocket.
 *
 * It has the viewer's whole side of commentary.v1 (relay/PROTOCOL.md), for browsers and
 * Node, without dependencies. One rule shaped it: a client that holds seq n accepts only
 * n + 1. So every entry is delivered once and in order, however often the connection is
 * lost.
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
 * Backoff, Cursor, Timeline and Scoreboard are pure and can be used alone; this file
 * connects them to a socket.
 */

import { checkBefore, checkHistory, checkListing, checkMatch, checkSince } from './client/arguments.js';
import { Backoff } from './client/backoff.js';
import { isPatient, renewIn } from './client/delays.js';
import { Emitter } from './client/emitter.js';
import { CommentaryError } from './client/errors.js';
import { Follows } from './client/follows.js';
import { readMatches, readOlder } from './client/older.js';
import { Subscription } from './client/subscription.js';
import { Subscriptions } from './client/subscriptions.js';
import { wakeUps } from './client/wake-ups.js';
import { httpBase } from './client/transport/http-socket.js';
import { Transports } from './client/transport/transports.js';

export { inOrder } from './model/order.js';
export { Scoreboard } from './model/scoreboard.js';
export { isKeyEvent } from './model/sports.js';
export { Timeline } from './model/timeline.js';
export { LOBBY, MAX_HISTORY } from './client/arguments.js';
export { Backoff } from './client/backoff.js';
export { Cursor } from './client/cursor.js';
export { CommentaryError } from './client/errors.js';
export { MAX_MATCHES } from './client/follows.js';
export { Subscription } from './client/subscription.js';
export { TRANSPORTS } from './client/transport/transports.js';

export const PROTOCOL = 'commentary.v1';

/*
 * The connection. Events, by on(type, listener):
 *
 *   state       { state, reason, retryInMs }: 'connecting', 'live', 'stale' (the
 *               relay has lost its database: entries are late, but not lost), 'offline'
 *               (tries again in retryInMs), 'closed'
 *   subscribed  { match, epoch, head, recovered, state }: unless recovered, forget
 *               what you hold of that match: it starts afresh
 *   entry       { match, entry, isHistory }: each once, in order; entry is the
 *               message of the relay (commentary, match or match_created)
 *   viewers     { match, viewers }: answers countViewers()
 *   error       { code, message, match }: an error of the relay. The connection stays; the error
 *               concerns that match alone. After unknown_match, too_many_matches, forbidden and
 *               bad_request the match is no longer followed. Code 'token': the option token
 *               returned none
 *
 * If a listener throws, the connection goes on, and the error becomes an uncaught one.
 */
export class Commentary extends Emitter {
    #options;
    #url;
    #transports;
    #backoff;
    #socket = null;
    #state = 'idle';
    #follows;
    #followed = new Set();      /* matches followed by follow(), not by a subscription */
    #subscriptions;
    #endWakeUps = null;
    #watchTimer = null;
    #retryTimer = null;
    #retryAfterMs = null;
    #welcomedAt = null;
    #firstState = null;
    #isAuthorised = false;
    #tokenTimer = null;
    #offeredToken = null;
    #shownToken = null;     /* the token that the relay has accepted on this connection */

    /*
     * url: ws: or wss:, a string or URL. All options have defaults:
     *   transports    an array, the best first: 'websocket', 'events' (Server-Sent Events over
     *                 fetch), 'polling'. By default all of them, in this order
     *   WebSocket     the constructor to use instead of the global one. With this option it is
     *                 the only transport, unless `transports` names others
     *   fetch         the function to use instead of the global one, for the other transports
     *   debug         true, or a function (what, detail) that gets debug messages, without tokens
     *   token         a function that returns a token, or a promise of one. It is called when the
     *                 relay asks for a token, and again before that token expires. Or a token: then
     *                 the connection ends when it expires
     *   quietMs       after this silence the client asks the relay for an answer
     *   answerMs      how long the relay may take for that answer, and for its welcome
     *   steadyMs      after a connection that lasted so long, the backoff begins from the start
     *   tokenRetryMs  when to call token again if it failed and the last token is still valid
     *   baseMs, capMs, random   see Backoff
     */
    constructor(url, options = {}) {
        super();
        this.#options = { quietMs: 30000, answerMs: 10000, steadyMs: 10000, tokenRetryMs: 5000,
            ...options };
        this.#url = url;
        this.debug = options.debug === true ? console.debug : options.debug || null;
        this.#transports = new Transports(url, PROTOCOL, this.#options);
        this.#backoff = new Backoff(options);
        this.#follows = new Follows((message) => this.#send(message), options);
        this.#subscriptions = new Subscriptions(this, this.#follows, (match) => this.#leave(match));
    }

    get state() {
        return this.#state;
    }

    /* The current transport, one of TRANSPORTS. */
    get transport() {
        return this.#transports.name;
    }

    /* Connects, and stays connected until close(). */
    connect() {
        if (this.#socket)
            return;
        clearTimeout(this.#retryTimer);
        this.#endWakeUps ??= wakeUps(() => this.wake(), () => this.#pause());
        this.#enter('connecting');
        this.#open();
    }

    /* Closes the connection. After the state 'closed' there are no more events. connect() connects again. */
    close() {
        this.#release();
        this.#transports.stop();
        this.#endWakeUps?.();
        this.#endWakeUps = null;
        clearTimeout(this.#retryTimer);
        this.#enter('closed');
    }

    /*
     * Call it when the network may be back or the device was woken. If the client waits for
     * the next attempt, it connects now; else it checks that the connection still lives.
     */
    wake() {
        if (this.#state === 'offline')
            this.connect();
        else if (this.#isWelcome)
            this.#probe();
    }

    /*
     * Follows a match (its number, or LOBBY). history: how many of the last lines to
     * begin with, 0 … 500; since: {epoch, seq}, an earlier position(), to resume there.
     * If the match is followed already, it starts afresh with these options, and its
     * subscriptions begin afresh with their own history. Throws a TypeError that says
     * what to pass instead of a wrong argument, and a RangeError if MAX_MATCHES are
     * followed already.
     */
    follow(match, options) {
        const history = checkHistory(options?.history ?? 0), since = checkSince(options?.since ?? null);
        this.#follows.follow(checkMatch(match), history, since);
        this.#followed.add(match);
        this.#subscriptions.onFollow(match, history, since);
    }

    /* Ends follow(match). Subscriptions to the match go on. */
    unfollow(match) {
        this.#followed.delete(checkMatch(match));
        this.#leave(match);
    }

    /*
     * Reads older lines of a match over HTTP: the newest `limit` (1 … 500) before the seq `before`,
     * with all other entries between them, oldest first. Resolves with { epoch, head, entries,
     * isWhole }; isWhole: there are no entries before these. A CommentaryError 'rewritten' says
     * that the match began afresh meanwhile, so older lines do not fit to those that are held.
     */
    async history(match, { before, limit = 100, signal } = {}) {
        checkBefore(before);
        const wish = { before, limit: Math.max(1, checkHistory(limit)) };
        const older = await this.#read(signal, (how) =>
            readOlder(httpBase(this.#url), checkMatch(match), { ...wish, ...how }));
        const position = this.position(match);
        if (position?.epoch && position.epoch !== older.epoch)
            throw new CommentaryError('rewritten', 'the history of this match was rewritten', match);
        return older;
    }

    /*
     * Reads matches over HTTP, the newest first, also those that are not in the lobby any more.
     * Resolves with { matches, next }: their states, and the `before` of the next page, or null.
     * status: one, or an array; competition: its exact name; limit: 1 … 100, by default 100. A
     * CommentaryError 'unsupported' says that the relay or its database has a version before 1.2.
     */
    async matches({ before, status, competition, limit = 100, signal } = {}) {
        const wish = checkListing({ before, status, competition, limit });
        return this.#read(signal, (how) => readMatches(httpBase(this.#url), wish, how));
    }

    /*
     * Follows a match as an object with its own events: see Subscription. Several subscriptions to
     * one match send one request, and the match is followed until the last of them has ended.
     */
    subscribe(match, options = {}) {
        return new Subscription(this, this.#subscriptions, checkMatch(match), options);
    }

    /*
     * Asks how many viewers a followed match has; the event 'viewers' has the answer. There is no
     * answer if the relay does not tell the number, or over plain HTTP. Ask every 15 s at most.
     */
    countViewers(match) {
        this.#send({ type: 'ping', viewers: checkMatch(match) });
    }

    /* Resolves when the relay has answered; rejects when the client is closed or the signal aborts. */
    ready({ signal } = {}) {
        return this.until('state', signal, ({ state }) => state === 'live' || state === 'stale',
            ({ state }) => state === 'closed' && new CommentaryError('closed', 'the client was closed'),
            { state: this.#isAuthorised ? this.#state : 'connecting' });
    }

    /* The client's place in a match: { epoch, seq, head, isCaughtUp }, or null. */
    position(match) {
        const cursor = this.#follows.cursor(match);
        return cursor ? { epoch: cursor.epoch, seq: cursor.seq, head: cursor.head,
            isCaughtUp: cursor.isCaughtUp } : null;
    }

    /* The page was left, so the connection ends. If the page goes on after all, the client connects again as always. */
    #pause() {
        if (this.#socket)
            this.#lose(1001, 'the page was left');
    }

    get #isWelcome() {
        return this.#welcomedAt !== null;
    }

    /* Uses the token that the relay has accepted. The function `token` is called only if the relay wants a token. */
    async #read(signal, read) {
        const { answerMs, token, fetch = globalThis.fetch } = this.#options;
        const how = { answerMs, signal, fetch: (...args) => fetch(...args) };
        if (this.#isAuthorised || !this.#canRenew)
            return read({ ...how, token: this.#isAuthorised ? this.#shownToken : token });
        try {
            return await read({ ...how, token: null });
        } catch (error) {
            if (error?.code !== 'unauthorised')      /* error may be null: the reason of an abort */
                throw error;
        }
        return read({ ...how, token: await token() });
    }

    get #canRenew() {
        return typeof this.#options.token === 'function';
    }

    #open() {
        const socket = this.#transports.open();
        socket.onmessage = (event) => this.#receive(event.data);
        socket.onclose = (event) => this.#lose(event.code, event.reason);
        socket.onerror = () => {};      /* a close event follows, and has the reason */
        this.#socket = socket;
        this.#expect('no welcome');
    }

    /*
     * Drops the socket without waiting for its close: on a dead connection the closing
     * handshake would take minutes, and late events must be ignored.
     */
    #release() {
        clearTimeout(this.#watchTimer);
        clearTimeout(this.#tokenTimer);
        const socket = this.#socket;
        this.#socket = null;
        this.#welcomedAt = null;
        this.#isAuthorised = false;
        this.#shownToken = null;
        this.#follows.end();
        if (!socket)
            return;
        socket.onmessage = null;
        socket.onclose = null;
        socket.close();
    }

    #lose(code, reason) {
        this.#transports.onLost(this.#isWelcome);
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
        return isPatient(code) && !(reason === 'expired' && this.#canRenew) ? this.#backoff.patient() : this.#backoff.next();
    }

    /* Each message shows that the connection lives. After a silence, the client sends a ping. */
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
        if (!this.#isWelcome || this.#socket.readyState !== 1)
            return;
        this.debug?.('sent', message.type === 'auth' ? { type: 'auth' } : message);
        this.#socket.send(JSON.stringify(message));
    }

    #receive(data) {
        const message = parse(data);
        if (!message)
            return this.#lose(1003, 'not commentary.v1: is the address right?');
        this.#watch();
        this.debug?.('received', message);
        switch (message.type) {
        case 'welcome':
            return this.#onWelcome(message);
        case 'authorised':
            return this.#onAuthorised(message);
        case 'subscribed':
            return this.#onSubscribed(message);
        case 'unsubscribed':
            return this.#follows.onUnsubscribed(message);
        case 'commentary':
        case 'match':
        case 'match_created':
            return this.#onEntry(message);
        case 'stale':
            return this.#enter('stale');
        case 'live':
            return this.#onLive();
        case 'pong':
            return Number.isSafeInteger(message.viewers)
                && this.emit('viewers', { match: message.match, viewers: message.viewers });
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

    /* The function may take long, so there may be another connection when it returns. */
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
        if (typeof token !== 'string' || token === '')
            return this.#onNoToken(failure?.message ?? 'the relay wants a token: see the option token');
        this.#offeredToken = token;
        this.#send({ type: 'auth', token });
    }

    /* If the last token is still valid, call the function again later. */
    #onNoToken(message) {
        if (this.#isAuthorised)
            this.#tokenTimer = setTimeout(() => this.#showToken(), this.#options.tokenRetryMs);
        else
            this.#lose(4401, message);
        this.emit('error', { code: 'token', message });
    }

    /* The relay has accepted a token. If it replaces another one, nothing else changes. */
    #onAuthorised(message) {
        this.#shownToken = this.#offeredToken;
        clearTimeout(this.#tokenTimer);
        if (this.#canRenew && message.expires_in_ms >= 0)
            this.#tokenTimer = setTimeout(() => this.#showToken(), renewIn(message.expires_in_ms));
        if (!this.#isAuthorised)
            this.#joinAll();
    }

    #joinAll() {
        this.#isAuthorised = true;
        this.#enter(this.#firstState);
        if (!this.#isAuthorised)        /* a listener may have closed the connection */
            return;
        this.#follows.begin();
        this.#transports.watch(() => this.#change());
    }

    /* A better transport works: change to it without an event. */
    #change() {
        this.#release();
        this.#open();
    }

    #onLive() {
        this.#enter('live');
        this.#follows.hurry();
    }

    /* The relay also sends this by itself when the epoch changes; the client does the same then. */
    #onSubscribed(message) {
        if (this.#follows.onSubscribed(message))
            this.emit('subscribed', message);
    }

    #onEntry(entry) {
        if (this.#follows.onEntry(entry))
            this.emit('entry', { match: entry.match, entry,
                isHistory: entry.seq <= this.#follows.cursor(entry.match).head });
    }

    #onError(error) {
        if (!this.#follows.onError(error))
            return;
        if (error.match !== undefined && this.position(error.match) === null)
            this.#followed.delete(error.match);
        this.emit('error', error);
    }

    #leave(match) {
        if (!this.#followed.has(match) && !this.#subscriptions.has(match))
            this.#follows.unfollow(match);
    }

    #enter(state, detail = {}) {
        if (state === this.#state && state !== 'offline')
            return;
        this.#state = state;
        this.debug?.('state', { state, ...detail, transport: this.transport });
        this.emit('state', { state, ...detail });
    }
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
