/*
 * The page: connects commentary.js to the views. Messages change the models at once.
 * New lines are drawn from the models at most ten times a second, so that a hundred
 * entries that come together are one drawing.
 */

import { Commentary, LOBBY, Scoreboard, Timeline } from './commentary.js';
import { alternatesOf } from './model/alternates.js';
import { asShown, inOrder } from './model/order.js';
import { language, say } from './words/language.js';
import { noteTime } from './words/server-time.js';
import { clockOf, titleOf } from './words/words.js';
import { Access } from './page/access.js';
import { matchPath } from './page/address.js';
import { takeFirstEntries } from './page/first-entries.js';
import { filtersIn } from './page/fixtures.js';
import { Navigation } from './page/navigation.js';
import { OlderMatches } from './page/older-matches.js';
import { Theme } from './page/theme.js';
import { TokenKeeper } from './page/token-keeper.js';
import { keepAges } from './view/ages.js';
import { AlertsView } from './view/alerts-view.js';
import { Announcer } from './view/announcer.js';
import { AudienceView } from './view/audience-view.js';
import { ConnectionView } from './view/connection-view.js';
import { beginLanguage, offerLanguages } from './view/language-view.js';
import { LobbyView } from './view/lobby-view.js';
import { ShareView } from './view/share-view.js';
import { TokenView } from './view/token-view.js';
import { MatchView } from './view/match/match-view.js';

/* How many lines to begin with, and how many each "Show earlier" reads. */
const HISTORY = 200;

/* The most lines that the page holds: about 20 MB. */
const MAX_ENTRIES = 20000;

/* As many as a relay lists, and some that are created later. */
const MAX_MATCHES_LISTED = 6000;

/* A drawing lays out the rows around the reader's place. Many in a second would use a whole core. */
const DRAW_EVERY_MS = 100;

/* A connection that died without a close is found after the sum of both. */
const QUIET_MS = 8000;
const ANSWER_MS = 6500;

const wide = matchMedia('(min-width: 56rem)');

await beginLanguage(new URLSearchParams(location.search).get('lang'));
offerLanguages(document.getElementById('language'), language());

const navigation = new Navigation({ onChange: onAddress });
const home = new URL(navigation.base, location.href);
const commentary = new Commentary(new URL('ws', home.href.replace(/^http/, 'ws')), {
    token: () => access.give(),
    quietMs: QUIET_MS,
    answerMs: ANSWER_MS,
});
const columns = document.getElementById('columns');
const lobby = { scores: new Scoreboard({ limit: MAX_MATCHES_LISTED }), isKnown: false, isForbidden: false,
    older: new OlderMatches((wish) => commentary.matches(wish)) };
const timeline = new Timeline({ limit: MAX_ENTRIES, remembers: true });
const shown = newShown(null);

const connectionView = new ConnectionView(document.getElementById('connection'), {
    onRetry: () => commentary.wake(),
});
const lobbyView = new LobbyView(document.getElementById('lobby'), {
    hrefOf: (match) => matchPath(navigation.base, match),
    home: navigation.base,
});
new Theme(document.getElementById('theme'));
const shareView = new ShareView(document.getElementById('share'));
const matchView = new MatchView(document.getElementById('match'), { onEarlier: askEarlier,
    pathOf: (match) => matchPath(navigation.base, match) });
const alertsView = new AlertsView(document.getElementById('alerts'));
const audienceView = new AudienceView(document.getElementById('audience'), (match) => commentary.countViewers(match));
const announcer = new Announcer(document.getElementById('announcer'));
const tokenView = new TokenView(document.getElementById('token'), {
    another: document.getElementById('token-another'),
    onToken: (text) => access.take(text),
    onHide: showColumns,
});
commentary.on('state', (event) => connectionView.render(event));    /* added before Access, which closes the client */
const access = new Access({ keeper: new TokenKeeper(window), view: tokenView,
    client: commentary, onToken: followRefused });

let isDrawing = false;
let drawnMs = -Infinity;
let newsTimer = null;
let isLobbyDue = true;
let soughtSeq = navigation.address.seq;     /* the seq of the line in the address, until it is shown */
let firstEntries = takeFirstEntries(document);
let filters = filtersIn(navigation.address.fields);     /* of the lobby that was shown last */

function newShown(match) {
    return { match, state: null, refusal: null, firstSeq: null, isFirst: false, isAsking: false,
        isFull: false };
}

/* The match in the address. Without one: another match if there is room beside the lobby, else none. */
function chosenMatch() {
    return navigation.address.match ?? (wide.matches ? featuredMatch() : null);
}

/* The match that is shown already, unless it has not begun; else one in play. */
function featuredMatch() {
    const states = lobby.scores.states;
    const current = lobby.scores.get(shown.match);
    if (current && current.status !== 'scheduled')
        return current.match;
    const inPlay = states.findLast(({ status }) => status === 'live' || status === 'paused');
    return (inPlay ?? current ?? states.at(-1))?.match ?? null;
}

function choose() {
    const match = chosenMatch();
    document.body.dataset.view = navigation.address.match === null ? 'lobby' : 'match';
    if (match !== shown.match)
        show(match);
    draw();
}

function show(match) {
    if (shown.match !== null)
        commentary.unfollow(shown.match);
    const isOtherLanguage = alternatesOf(shown.state).some(({ id }) => id === match);
    const place = isOtherLanguage ? matchView.place : null;
    clear(match);
    matchView.goTo(place);
    showFirstEntries(match);
    if (match !== null)
        commentary.follow(match, { history: HISTORY });
}

/* Forgets all of the match that was shown; this match takes its place. */
function clear(match) {
    timeline.reset();
    Object.assign(shown, newShown(match));
    matchView.clear();
    announcer.clear();
    audienceView.show(match);
}

/* Shows the entries that came with the document until the relay sends the history. */
function showFirstEntries(match) {
    if (firstEntries?.match !== match)
        return;
    const { state, entries } = firstEntries;
    firstEntries = null;
    Object.assign(shown, { state, firstSeq: entries[0]?.seq ?? null, isFirst: true });
    for (const entry of entries)
        timeline.apply(entry);
}

/* Reads older lines. If there is no answer, the button is shown again. */
async function askEarlier() {
    const { match, firstSeq } = shown;
    if (shown.isAsking || firstSeq === null)
        return;
    shown.isAsking = true;
    const older = await commentary.history(match, { before: firstSeq, limit: HISTORY })
        .catch(() => null);
    shown.isAsking = false;
    if (older && match === shown.match && firstSeq === shown.firstSeq) {
        shown.isFull = !timeline.prepend(older.entries);
        shown.firstSeq = older.isWhole ? 1 : older.entries[0].seq;
    }
    draw();
}

/* If the newest entries contain no line, there may be older lines. */
function lookFurther(position) {
    if (position?.isCaughtUp && timeline.size === 0 && shown.firstSeq > 1 && !shown.isFull)
        askEarlier();
}

/* Shows the line in the address. An older one has to be read first. */
function lookForSought(position) {
    if (soughtSeq === null || !position?.isCaughtUp)
        return;
    if (matchView.reveal(soughtSeq))
        soughtSeq = null;
    else if (shown.firstSeq > soughtSeq && !shown.isFull)
        askEarlier();
}

function onSubscribed({ match, head, recovered, state }) {
    if (match === LOBBY) {
        Object.assign(lobby, { isKnown: true, isForbidden: false });
        if (!recovered) {
            lobby.scores.reset(state);
            lobby.older.begin(lobby.scores.states);
        }
        choose();
        return;
    }
    audienceView.ask();
    shown.state = state ?? shown.state;
    shown.isFirst = false;
    if (!recovered) {
        timeline.reset();
        shown.isFull = false;
        shown.firstSeq = head === 0 ? 1 : null;
    }
    draw();
}

function onEntry({ match, entry, isHistory }) {
    if (match === LOBBY) {
        lobby.scores.apply(entry);
        retryUnknown(entry.state);
        choose();
        return;
    }
    noteTime(entry.created_at, !isHistory && commentary.state === 'live');
    shown.firstSeq ??= entry.seq;
    if (entry.type === 'match')
        shown.state = entry.state;
    const applied = timeline.apply(entry);
    if (applied && !isHistory) {
        announcer.say(asShown(applied.entry, timeline.entries, shown.state?.sport), shown.state?.sport);
        alertsView.take(applied, shown.state);
    }
    drawNews();
}

/* A link may have been opened before its match was created: try again when the lobby has it. */
function retryUnknown({ match }) {
    if (shown.refusal === 'unknown_match' && match === shown.match)
        show(match);
}

/* The match or the lobby is gone, or this token does not cover it: remove it from the page. */
function onError({ code, match }) {
    if (match === LOBBY && code === 'forbidden') {
        lobby.scores.reset([]);
        lobby.older.begin();
        Object.assign(lobby, { isKnown: false, isForbidden: true });
        choose();
    } else if (match === shown.match && (code === 'unknown_match' || code === 'forbidden')) {
        clear(match);
        shown.refusal = code;
        draw();
    }
}

/* Another token may cover the matches that the last one did not. */
function followRefused() {
    if (lobby.isForbidden) {
        lobby.isForbidden = false;
        commentary.follow(LOBBY);
    }
    if (shown.refusal !== null)
        show(shown.match);
}

/* Whether there is more to show than the form for a token. */
function hasSomethingToShow() {
    return lobby.isKnown || lobby.isForbidden || shown.state !== null || shown.refusal !== null;
}

/* After a token was given, the focus goes to the matches. */
function showColumns(wasInForm) {
    columns.hidden = false;
    if (wasInForm)
        columns.focus();
}

/* The address may have a token, if a link with one is opened in this tab. */
function onAddress() {
    if (access.readAddress())
        access.begin();
    soughtSeq = navigation.address.seq;
    if (navigation.address.match === null)
        filters = filtersIn(navigation.address.fields);
    choose();
}

/* Sets the focus by a script, because the link's own address would change the match. */
function skipToCommentary(event) {
    event.preventDefault();
    document.getElementById('timeline').focus();
}

/* The network may have come or gone, or the page is shown again: check the connection. */
function look() {
    if (!document.hidden)
        commentary.wake();
    audienceView.ask();
}

function draw() {
    isLobbyDue = true;
    drawSoon();
}

/* A hidden page gets no animation frames, but its title should show the score. */
function drawSoon() {
    if (isDrawing)
        return;
    isDrawing = true;
    if (document.hidden)
        setTimeout(drawNow);
    else
        requestAnimationFrame(drawNow);
}

/* New lines can wait for a moment, unlike what somebody does. They do not change the lobby. */
function drawNews() {
    const restMs = drawnMs + DRAW_EVERY_MS - performance.now();
    if (restMs <= 0)
        drawSoon();
    else
        newsTimer ??= setTimeout(drawSoon, restMs);
}

function drawNow() {
    clearTimeout(newsTimer);
    newsTimer = null;
    isDrawing = false;
    drawnMs = performance.now();
    const entries = inOrder(timeline.entries, shown.state?.sport);
    const position = shown.match === null ? null : commentary.position(shown.match);
    columns.hidden = tokenView.isOpen && !hasSomethingToShow();
    tokenView.offerAnother(lobby.isForbidden || shown.refusal === 'forbidden');
    if (isLobbyDue)
        lobbyView.render(lobby, shown.match, filters);
    isLobbyDue = false;
    matchView.render({
        match: shown.match,
        state: shown.state ?? lobby.scores.get(shown.match) ?? null,
        entries,
        refusal: shown.refusal,
        isCaughtUp: shown.isFirst || (position?.isCaughtUp ?? false),
        isWhole: shown.refusal !== null || shown.firstSeq === 1,
        canAskEarlier: !shown.isFull,
    });
    lookFurther(position);
    lookForSought(position);
    drawTitle(entries);
}

function drawTitle(entries) {
    const { state } = shown;
    const about = state && [titleOf(state), clockOf(state, entries)].join(' · ');
    document.title = about || say('Live commentary');
    shareView.render({ title: document.title,
        url: new URL(matchPath(navigation.base, shown.match), location.href).href });
}

commentary.on('state', draw);
commentary.on('subscribed', onSubscribed);
commentary.on('entry', onEntry);
commentary.on('viewers', (event) => audienceView.take(event));
commentary.on('error', onError);
document.getElementById('skip').addEventListener('click', skipToCommentary);
for (const type of ['online', 'offline'])
    addEventListener(type, () => connectionView.noteNetwork(navigator.onLine));
for (const type of ['online', 'offline', 'pageshow', 'visibilitychange'])
    (type === 'visibilitychange' ? document : window).addEventListener(type, look);
wide.addEventListener('change', choose);

keepAges(document.getElementById('timeline'));
access.readAddress();
commentary.follow(LOBBY);
commentary.connect();
choose();
