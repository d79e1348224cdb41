/*
 * The button below the list of matches, which reads those that are not in the lobby, and its
 * messages, also for screen readers.
 */

import { numberOf, say } from '../words/language.js';
import { element, setAttributes, setText } from './dom.js';

/* The texts for the cases in which reading ends. */
const ENDS = {
    full: () => say('To find matches still older, search, or choose a competition.'),
    closed: () => say('Older matches cannot be listed here.'),
};

export class OlderView {
    #more = element('button.more', { type: 'button', hidden: '' });
    #said = element('p', { role: 'status', tabindex: '-1' });
    #end = element('p', { hidden: '' });
    #read;
    #show;
    #choice = null;         /* the choice that is shown: see render() */
    #reading = null;        /* another object for each read, to notice that a read is outdated */
    #hasFailed = false;

    /*
     * read() reads on, and resolves with the numbers of the new matches, or with null if another
     * choice is wanted by now; it rejects if they could not be read. show(numbers) shows them, and
     * returns the link of the first.
     */
    constructor(parent, { read, show }) {
        this.#read = read;
        this.#show = show;
        this.#more.addEventListener('click', () => this.readOn());
        parent.append(element('div.older', this.#more, this.#said, this.#end));
    }

    get isReading() {
        return this.#reading !== null;
    }

    /*
     * choice: { key, isAsked, isSearch, end, looked }. Each choice of matches has its own key.
     * isAsked: there may be older matches, and all that are here are shown. end, looked: see OlderMatches.
     */
    render(choice) {
        if (choice.key !== this.#choice?.key || !choice.isAsked) {
            this.#reading = null;
            this.#hasFailed = false;
            setText(this.#said, '');
        }
        this.#choice = choice;
        this.#draw();
    }

    /* The action of the button. */
    async readOn() {
        if (this.isReading || this.#more.hidden)
            return;
        const reading = this.#reading = {};
        setText(this.#said, say('Loading older matches'));
        this.#draw();
        const added = await this.#read().catch(() => undefined);
        if (this.#reading === reading)
            this.#finish(added);
    }

    /* added: the numbers; null: another choice is wanted by now; undefined: they could not be read. */
    #finish(added) {
        const isHere = document.activeElement === this.#more;
        this.#reading = null;
        this.#hasFailed = added === undefined;
        const link = added ? this.#show(added) : null;
        this.#draw();
        setText(this.#said, this.#wordsOf(added));
        if (isHere)
            (link ?? (this.#more.hidden ? this.#said : this.#more)).focus();
    }

    #wordsOf(added) {
        if (this.#hasFailed)
            return say('Older matches could not be loaded.');
        if (added?.length > 0)
            return say('Older matches added: {n}', { n: numberOf(added.length) });
        if (added && this.#choice.end === 'more')
            return say('No such match among {n} older ones.', { n: numberOf(this.#choice.looked) });
        return added && this.#choice.end === 'whole' ? say('No older matches.') : '';
    }

    #draw() {
        const { isAsked, isSearch, end } = this.#choice;
        this.#more.hidden = !isAsked || end !== 'more';
        setAttributes(this.#more, { 'aria-disabled': this.isReading ? 'true' : null });
        setText(this.#more, this.#hasFailed ? say('Try again')
            : isSearch ? say('Search older matches') : say('Show more matches'));
        setText(this.#end, (isAsked && ENDS[end]?.()) || '');
        this.#end.hidden = this.#end.textContent === '';
    }
}
