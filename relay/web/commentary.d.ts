/* Types of commentary.js. */

export const PROTOCOL: 'commentary.v1';
export const LOBBY: 'lobby';
export const MAX_HISTORY: number;
export const MAX_MATCHES: number;
export const TRANSPORTS: readonly Transport[];

export type Match = number | 'lobby';
export type Transport = 'websocket' | 'events' | 'polling';
export type ConnectionState = 'idle' | 'connecting' | 'live' | 'stale' | 'offline' | 'closed';
export type Status = 'scheduled' | 'live' | 'paused' | 'finished' | 'abandoned' | 'postponed' | 'cancelled';

/* The state of a match; members that are not known are absent. */
export interface MatchState {
    match: number;
    sport: string;
    status: Status;
    home?: string;
    away?: string;
    title?: string;
    competition?: string;
    starts_at?: string;
    home_score?: number;
    away_score?: number;
    home_display?: string;
    away_display?: string;
    result?: string;
    clock?: string;
    lang?: string;
    translation_of?: number;
    metadata?: Record<string, unknown>;
    [member: string]: unknown;
}

/* A line of commentary, or a correction of one; `seq` counts without gaps in each match. */
export interface CommentaryEntry {
    type: 'commentary';
    match: number;
    seq: number;
    op: 'insert' | 'amend' | 'retract' | 'reinstate';
    ref_seq?: number;
    kind?: string | null;
    period?: number | null;
    phase?: string | null;
    clock?: string | null;
    minute?: number | null;
    stoppage?: number | null;
    headline?: string | null;
    actor?: string | null;
    team?: string | null;
    message?: string | null;
    tags?: string[] | null;
    metadata?: Record<string, unknown> | null;
    home_score?: number | null;
    away_score?: number | null;
    home_display?: string | null;
    away_display?: string | null;
    translates_seq?: number | null;
    occurred_at?: string | null;
    created_at: string;
    [member: string]: unknown;
}

export interface StateEntry {
    type: 'match' | 'match_created';
    match: Match;
    seq: number;
    created_at: string;
    state: MatchState;
}

export type Entry = CommentaryEntry | StateEntry;

/*
 * An entry with its corrections, in a Timeline. `retracted`, `reason` and `was` are there only with
 * the option `remembers`; `late` is true if inOrder() has moved the entry to its time of the match.
 */
export type TimelineEntry = Readonly<CommentaryEntry & {
    amended: boolean;
    retracted?: boolean;
    reason?: string;
    was?: TimelineEntry;
    late?: boolean;
}>;

export interface Place {
    epoch: string;
    seq: number;
}

/* Older entries, from history(); isWhole: there are no entries before these. */
export interface History {
    epoch: string;
    head: number;
    entries: Entry[];
    isWhole: boolean;
}

/* Which matches matches() reads; by default all. before: those with a smaller number. */
export interface MatchesOptions extends SignalOption {
    before?: number;
    status?: Status | readonly Status[];
    competition?: string;
    limit?: number;
}

/* A page of matches, the newest first; next: the `before` of the next page, or null. */
export interface MatchesPage {
    matches: MatchState[];
    next: number | null;
}

export interface HistoryOptions extends SignalOption {
    limit?: number;
}

export interface Position {
    epoch: string | null;
    seq: number | null;
    head: number;
    isCaughtUp: boolean;
}

export type ErrorCode = 'unknown_match' | 'too_many_matches' | 'forbidden' | 'bad_request' | 'unavailable'
    | 'unauthorised' | 'expired' | 'token' | 'closed' | 'unsubscribed' | 'overflow'
    | 'http' | 'rewritten' | 'unsupported' | (string & {});

export class CommentaryError extends Error {
    constructor(code: ErrorCode, message?: string, match?: Match);
    readonly code: ErrorCode;
    readonly match?: Match;
}

export interface StateEvent {
    state: ConnectionState;
    reason?: string;
    retryInMs?: number;
}

export interface ViewersEvent {
    match: Match;
    viewers: number;
}

export interface SubscribedEvent {
    match: Match;
    epoch: string;
    head: number;
    recovered: boolean;
    state: MatchState | MatchState[] | null;
}

export interface EntryEvent {
    match: Match;
    entry: Entry;
    isHistory: boolean;
}

export interface ErrorEvent {
    code: ErrorCode;
    message: string;
    match?: Match;
}

export interface ClientEvents {
    state: StateEvent;
    subscribed: SubscribedEvent;
    entry: EntryEvent;
    viewers: ViewersEvent;
    error: ErrorEvent;
}

export interface SubscriptionEvents {
    subscribed: SubscribedEvent;
    entry: { entry: Entry; isHistory: boolean };
    state: MatchState | MatchState[];
    error: CommentaryError;
    end: Error | undefined;
}

export interface SignalOption {
    signal?: AbortSignal;
}

export interface FollowOptions {
    history?: number;
    since?: Place | Position | null;
}

export interface SubscribeOptions extends FollowOptions, SignalOption {
    filter?: 'key' | ((entry: CommentaryEntry) => boolean);
    /* 'de', 'pt-BR': follows the match that has the commentary in this language, if there is one */
    language?: string;
    limit?: number;
}

export interface CommentaryOptions {
    token?: string | (() => string | Promise<string>);
    transports?: readonly Transport[];
    WebSocket?: new (url: any, protocol?: any) => any;
    fetch?: typeof globalThis.fetch;
    debug?: boolean | ((what: 'state' | 'sent' | 'received', detail: object) => void);
    quietMs?: number;
    answerMs?: number;
    steadyMs?: number;
    tokenRetryMs?: number;
    pollMs?: number;
    betterMs?: number;
    baseMs?: number;
    capMs?: number;
    random?: () => number;
}

declare class Emitter<Events> {
    on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void, options?: SignalOption):
        () => void;
}

export class Subscription extends Emitter<SubscriptionEvents> implements AsyncIterable<Entry> {
    private constructor();
    readonly match: Match;
    readonly state: MatchState | MatchState[] | null;
    readonly entries: TimelineEntry[];
    readonly position: Position | null;
    readonly isSubscribed: boolean;
    readonly isEnded: boolean;
    readonly error: Error | null;
    ready(options?: SignalOption): Promise<unknown>;
    history(options?: HistoryOptions): Promise<boolean>;
    unsubscribe(): void;
    [Symbol.asyncIterator](): AsyncGenerator<Entry, void, void>;
}

export class Commentary extends Emitter<ClientEvents> {
    constructor(url: string | URL, options?: CommentaryOptions);
    readonly state: ConnectionState;
    readonly transport: Transport;
    connect(): void;
    close(): void;
    wake(): void;
    countViewers(match: Match): void;
    follow(match: Match, options?: FollowOptions): void;
    unfollow(match: Match): void;
    history(match: Match, options: HistoryOptions & { before: number }): Promise<History>;
    /* All matches, also those that are not in the lobby. */
    matches(options?: MatchesOptions): Promise<MatchesPage>;
    /* Several subscriptions to one match send one request; each has its own events, history and unsubscribe(). */
    subscribe(match: Match, options?: SubscribeOptions): Subscription;
    ready(options?: SignalOption): Promise<unknown>;
    position(match: Match): Position | null;
}

export class Timeline {
    constructor(options?: { limit?: number; remembers?: boolean });
    readonly entries: TimelineEntry[];
    readonly size: number;
    get(seq: number): TimelineEntry | undefined;
    apply(entry: Entry): { change: 'added' | 'amended' | 'retracted' | 'reinstated'; entry: TimelineEntry } | null;
    prepend(entries: Entry[]): boolean;
    reset(): void;
}

export class Scoreboard {
    constructor(options?: { limit?: number });
    readonly states: MatchState[];
    get(match: number): MatchState | undefined;
    apply(entry: Entry): void;
    reset(states?: MatchState[]): void;
}

export class Backoff {
    constructor(options?: { baseMs?: number; capMs?: number; random?: () => number });
    next(): number;
    reset(): void;
}

export class Cursor {
    constructor(since?: Place | null);
    readonly seq: number | null;
    accept(seq: number): 'next' | 'double' | 'gap';
}

/* Takes entries in the order of seq, returns them in the order to show. A late one is a copy with `late: true`. */
export function inOrder(entries: TimelineEntry[], sport?: string): TimelineEntry[];

export function isKeyEvent(entry: CommentaryEntry, sport?: string): boolean;
