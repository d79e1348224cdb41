/* Below the score: scorers, the shoot-out, and, when somebody opens them, cards and substitutions. */

import { say } from '../../words/language.js';
import { kindOf } from '../../words/words.js';
import { momentsOf } from '../../page/moments.js';
import { element, written } from '../dom.js';
import { icon } from '../icons.js';

export class MomentsView {
    #root;
    #drawn = '';

    constructor(root) {
        this.#root = root;
    }

    /* Shows nothing unless the entries begin with the match, because the list would be incomplete. */
    render({ entries, state, isWhole }) {
        const moments = momentsOf(isWhole ? entries : [], state ?? {});
        const text = JSON.stringify([moments, state?.sport]);
        if (text === this.#drawn)
            return;
        const wasOpen = this.#root.querySelector('details')?.open ?? false;
        this.#drawn = text;
        this.#root.replaceChildren(...[
            pair('goals', moments.goals, (one) => moment(one, state)),
            pair('shoot-out', moments.shootOut, attempt),
            folded(pair('changes', moments.changes, (one) => moment(one, state)), wasOpen),
        ].filter(Boolean));
        this.#root.hidden = this.#root.childElementCount === 0;
    }

    clear() {
        this.render({ entries: [], state: {}, isWhole: false });
    }
}

function pair(name, { home, away }, build) {
    return home.length + away.length === 0 ? null : element(`div.pair.${name}`,
        element('ul.home', ...home.map(build)), element('ul.away', ...away.map(build)));
}

function folded(content, isOpen) {
    return content && element('details', { open: isOpen ? '' : null },
        element('summary', say('Cards and substitutions')), content);
}

function moment({ kind, actor, minutes }, state) {
    const said = kindOf({ kind }, state.sport);
    return element('li', { 'data-kind': kind }, icon(kind, state.sport),
        element('span.unseen', `${said}: `), written('span.actor', actor || said), ' ',
        written('span.minutes', minutes.filter(Boolean).join(', ')));
}

function attempt({ actor, isScored }) {
    return element('li', { 'data-scored': isScored ? '' : null, title: actor ?? '' },
        element('span.unseen', `${actor ?? say('Penalty')}: ${say(isScored ? 'scored' : 'not scored')}`),
        element('span.dot', isScored ? '●' : '○', { 'aria-hidden': 'true' }));
}
