/*
 * <live-commentary src="https://relay.example" match="7"></live-commentary>
 *
 * Shows a match on the page of another site, with one line:
 *
 *     <script type="module" src="https://relay.example/live-commentary.js"></script>
 *
 * The page belongs to somebody else. So nothing here leaves the shadow root, text is never
 * markup, and no style or script is inline: the element runs under the strictest policy
 * that names the relay in script-src and connect-src.
 *
 * Attributes:
 *   match       the number of the match
 *   src         the address of the relay; by default the relay that this module came from. In a
 *               bundle it has to be there
 *   history     0 … 500 lines, by default 50
 *   key-events  shows key events only
 *   lang        the language of the element's own texts, and of the commentary, if the match is there
 *               in it. By default the language of the page, and the commentary of the match as it is
 *   images      the origins whose images are shown, by default none. The policy of the page has to
 *               allow them
 *
 * Property token: a token, or a function that returns one or a promise of one. A token in an
 * attribute or an address would reach logs, so it is refused.
 *
 * Events, which bubble: commentary-state, commentary-entry, commentary-error; detail is the
 * event of commentary.js.
 */

import { Commentary, MAX_HISTORY, Timeline, inOrder, isKeyEvent } from './commentary.js';
import { matchIn } from './model/alternates.js';
import { isScoring } from './model/sports.js';
import { directionOf, languageFor, say, speakWhile, textsOf } from './words/language.js';
import { clockOf, connectionOf, hasSides, kindOf, minuteOf, sideScoreOf, spokenOf, titleOf } from './words/words.js';
import { KeyedList, element, saysTheSame, setAttributes, setText, written } from './view/dom.js';
import { dress } from './view/live-commentary-style.js';
import { originsIn, picturesOf } from './view/pictures.js';

export const NAME = 'live-commentary';

const HISTORY = 50;
/* The most entries that are shown; older ones are removed. */
const SHOWN = 500;
/* The most entries that wait for a screen reader. */
const SPOKEN = 5;

const OWN_SRC = ownSource(import.meta.url);

/* A server that renders pages imports this module as well, and has no HTMLElement. */
const Base = globalThis.HTMLElement ?? class {};

export class LiveCommentary extends Base {
    static observedAttributes = ['src', 'match', 'history', 'key-events', 'token', 'lang', 'images'];

    #token = null;
    #client = null;
    #timeline = new Timeline({ limit: SHOWN });
    #match = null;
    #state = null;
    #language = 'en';
    #texts = {};
    #connection = '';   /* in English: the state of the connection, and in #note a message about the match */
    #note = '';
    #isRestarting = false;
    #hasMoved = false;  /* it has gone to the match in the wanted language */
    #isDrawing = false;
    #parts = null;
    #list = null;

    /* Makes a new client, because another token may allow other matches. */
    set token(token) {
        this.#token = token ?? null;
        if (this.#client)
            this.#restartSoon();
    }

    /* The token itself cannot be read, because other scripts of the page could read it as well. */
    get hasToken() {
        return this.#token !== null;
    }

    connectedCallback() {
        this.#takeEarlyToken();
        if (!this.#parts)
            this.#build();
        this.#learn();
        if (!this.#client)
            this.#restart();
    }

    /* An element that is only moved within the page keeps its connection. */
    disconnectedCallback() {
        queueMicrotask(() => this.isConnected || this.#stop());
    }

    attributeChangedCallback(name, old, value) {
        if (!this.#parts || !this.isConnected || old === value)
            return;
        if (name === 'lang')
            this.#learn();
        if (name === 'key-events')
            this.#draw();
        else
            this.#restartSoon();
    }

    /* Restarts once if several attributes change together. */
    #restartSoon() {
        if (this.#isRestarting)
            return;
        this.#isRestarting = true;
        queueMicrotask(() => {
            this.#isRestarting = false;
            if (this.isConnected)
                this.#restart();
        });
    }

    /* A property that was set before this module was loaded hides the setter of this class. */
    #takeEarlyToken() {
        if (!Object.hasOwn(this, 'token'))
            return;
        const { token } = this;
        delete this.token;
        this.#token = token ?? null;
    }

    /* Loads the texts of the language. Until they come, or if they do not, the element is English. */
    async #learn() {
        const wanted = this.getAttribute('lang') ?? this.closest('[lang]')?.lang ?? '';
        const name = languageFor([wanted, ...wanted ? [] : navigator.languages ?? []]);
        const texts = await textsOf(name).catch(() => null);
        if (texts === null || wanted !== (this.getAttribute('lang') ?? this.closest('[lang]')?.lang ?? ''))
            return;
        this.#language = name;
        this.#texts = texts;
        this.#list = this.#newList();
        this.#parts.entries.replaceChildren();
        this.#draw();
    }

    #newList() {
        return new KeyedList(this.#parts.entries, (entry) => this.#row(entry), saysTheSame);
    }

    #build() {
        const root = this.attachShadow({ mode: 'open' });
        const part = (name, spec = 'span') => written(`${spec}.${name}`, null);
        const parts = {
            home: part('home'), homeScore: part('score'), awayScore: part('score'),
            away: part('away'), title: part('title'), clock: part('clock', 'p'),
            connection: part('connection', 'p'), note: part('note', 'p'), entries: element('ol'),
            news: element('div.unseen', { role: 'log', 'aria-live': 'polite' }),
        };
        for (const [name, node] of Object.entries(parts))
            node.part = name === 'homeScore' ? 'score home-score'
                : name === 'awayScore' ? 'score away-score' : name;
        const board = element('p.board', parts.home, parts.homeScore, parts.awayScore, parts.away,
            parts.title);
        board.part = 'board';
        const header = element('header', board, parts.clock, parts.connection);
        header.part = 'header';
        setAttributes(parts.connection, { role: 'status' });
        /* The role is not on the element itself, because attributes that the server did not write disturb hydration. */
        const region = element('section', header, parts.note, parts.entries);
        root.append(region, parts.news);
        dress(root);
        this.#parts = { ...parts, region };
    }

    #restart() {
        this.#stop();
        this.#timeline.reset();
        this.#state = null;
        this.#parts.entries.replaceChildren();
        this.#parts.news.replaceChildren();
        this.#list = this.#newList();
        this.#hasMoved = false;
        this.#say('', '');
        try {
            this.#start();
        } catch (error) {
            this.#say('', error.message);
            this.#tell('error', { code: 'bad_element', message: error.message });
        }
        this.#draw();
    }

    #start() {
        if (this.hasAttribute('token'))
            throw new TypeError('a token is no attribute: set the property token');
        this.#match = Number(this.getAttribute('match'));
        if (!Number.isSafeInteger(this.#match) || this.#match < 1)
            throw new TypeError('the attribute match is the number of a match');
        const client = new Commentary(socketAddress(this.getAttribute('src') ?? OWN_SRC),
            this.#token === null ? {} : { token: this.#token });
        client.on('state', (event) => this.#onState(event));
        client.on('subscribed', (event) => this.#onSubscribed(event));
        client.on('entry', (event) => this.#onEntry(event));
        client.on('error', (event) => this.#onError(event));
        client.follow(this.#match, { history: this.#history });
        this.#client = client;
        client.connect();
    }

    #stop() {
        const client = this.#client;
        this.#client = null;
        client?.close();
    }

    get #history() {
        const text = this.getAttribute('history');
        const history = text === null || text.trim() === '' ? HISTORY : Number(text);
        return Number.isSafeInteger(history) ? Math.max(0, Math.min(history, MAX_HISTORY)) : HISTORY;
    }

    #tell(type, detail) {
        this.dispatchEvent(new CustomEvent(`commentary-${type}`,
            { detail, bubbles: true, composed: true }));
    }

    #onState(event) {
        if (!this.#client)
            return;
        this.#connection = ['connecting', 'stale', 'offline'].includes(event.state) ? event.state : '';
        this.#draw();
        this.#tell('state', event);
    }

    #onSubscribed({ recovered, state }) {
        if (!recovered && this.#move(state))
            return;
        this.#state = state ?? this.#state;
        if (!recovered)
            this.#timeline.reset();
        this.#draw();
    }

    /* Goes to the match that has the commentary in the wanted language; only once. */
    #move(state) {
        const other = this.hasAttribute('lang') && state ? matchIn(state, this.getAttribute('lang')) : null;
        if (other === null || other === this.#match || this.#hasMoved)
            return false;
        this.#hasMoved = true;
        this.#client.unfollow(this.#match);
        this.#match = other;
        this.#client.follow(other, { history: this.#history });
        return true;
    }

    #onEntry(event) {
        const { entry, isHistory } = event;
        if (entry.type === 'match')
            this.#state = entry.state;
        const applied = this.#timeline.apply(entry);
        if (applied && applied.change !== 'retracted' && !isHistory)
            this.#speak(applied.entry);
        this.#draw();
        this.#tell('entry', event);
    }

    #onError(event) {
        const words = { unknown_match: 'There is no match {n}.',
            forbidden: 'Your token does not cover match {n}.' };
        if (words[event.code]) {
            this.#timeline.reset();
            this.#state = null;
            this.#say('', words[event.code]);
            this.#draw();
        }
        this.#tell('error', event);
    }

    #say(connection, note) {
        this.#connection = connection;
        this.#note = note;
    }

    #speak(entry) {
        const { news } = this.#parts;
        if (this.#isWanted(entry))
            news.append(written('p', this.#inWords(() => spokenOf(entry, this.#state?.sport))));
        while (news.childElementCount > SPOKEN)
            news.firstElementChild.remove();
    }

    #isWanted(entry) {
        return !this.hasAttribute('key-events') || isKeyEvent(entry, this.#state?.sport);
    }

    /* Draws once for several entries that come together, also on a hidden page. */
    #draw() {
        if (this.#isDrawing)
            return;
        this.#isDrawing = true;
        setTimeout(() => {
            this.#isDrawing = false;
            this.#inWords(() => this.#drawNow());
        });
    }

    /* Draws in the language of this element. */
    #inWords(run) {
        return speakWhile(this.#language, this.#texts, run);
    }

    /* After a fresh start the old rows stay until the new ones are there, because most of them are the same. */
    #drawNow() {
        const state = this.#state, parts = this.#parts;
        const isComing = this.#client?.position(this.#match)?.isCaughtUp === false;
        this.#drawWords();
        const entries = inOrder(this.#timeline.entries, state?.sport);
        const sides = Boolean(state && hasSides(state));
        setText(parts.home, sides ? state.home ?? '' : '');
        setText(parts.away, sides ? state.away ?? '' : '');
        setText(parts.homeScore, sides ? sideScoreOf(state, 'home') : '');
        setText(parts.awayScore, sides ? sideScoreOf(state, 'away') : '');
        setText(parts.title, state && !sides ? titleOf(state) : '');
        setText(parts.clock, state ? [clockOf(state, entries), state.result].filter(Boolean).join(' · ') : '');
        if (isComing)
            return;
        this.#list.render(entries.filter((entry) => this.#isWanted(entry)).reverse()
            .map((entry) => [entry.seq, entry]));
    }

    #drawWords() {
        const { region, connection, note } = this.#parts;
        setAttributes(region, { lang: this.#language, dir: directionOf(this.#language),
            'aria-label': this.getAttribute('aria-label') ?? say('Live commentary') });
        setText(connection, this.#connection && connectionOf(this.#connection));
        setText(note, say(this.#note, { n: this.#match }));
        note.hidden = this.#note === '';
    }

    #row(entry) {
        const sport = this.#state?.sport;
        const isPlain = (entry.kind || 'comment') === 'comment';
        const kind = entry.headline || (isPlain ? '' : kindOf(entry, sport));
        const node = element(isScoring(entry, sport) ? 'li.scoring' : 'li',
            { 'data-seq': entry.seq, 'data-kind': entry.kind ?? 'comment' },
            this.#cell('minute', minuteOf(entry)),
            element('div', kind ? this.#cell('kind', kind) : null,
                this.#cell('message', entry.message, 'p'), ...this.#pictures(entry),
                entry.amended ? this.#cell('corrected', say('Corrected')) : null));
        node.part = isScoring(entry, sport) ? 'entry scoring' : 'entry';
        return node;
    }

    #pictures(entry) {
        const pictures = picturesOf(entry, originsIn(this.getAttribute('images')));
        for (const node of pictures)
            node.part = node.className;
        return pictures;
    }

    #cell(name, text, tag = 'span') {
        const node = written(`${tag}.${name}`, text);
        node.part = name;
        return node;
    }
}

/* The address of the relay's WebSocket, from the address of the relay, which may have a path. */
export function socketAddress(src) {
    if (!src)
        throw new TypeError('the attribute src is missing: the address of the relay, as https://relay.example');
    const url = new URL(src, globalThis.document?.baseURI);
    if (!/^(https?|wss?):$/.test(url.protocol))
        throw new TypeError('the attribute src begins with https: or http:');
    if (url.username || url.password || url.searchParams.has('token'))
        throw new TypeError('a token is no part of an address: set the property token');
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    if (!/\/ws\/?$/.test(url.pathname))
        url.pathname = `${url.pathname.replace(/\/$/, '')}/ws`;
    return url.href;
}

/*
 * The address of the relay, if a relay serves this module under its own name. In the bundle of a site
 * the module has another name, or no address, because the site is no relay.
 */
export function ownSource(url) {
    return /^https?:[^?#]*\/live-commentary\.js([?#]|$)/.test(url ?? '') ? new URL('.', url).href : null;
}

if (globalThis.customElements && !customElements.get(NAME))
    customElements.define(NAME, LiveCommentary);
