/*
 * Tabs: the commentary, and the other information about the match. Each match has its own tabs; if
 * there is only one, the bar is hidden. The Tab key reaches only the chosen tab, and the arrow keys go
 * from tab to tab (the pattern "Tabs" of ARIA's practices).
 */

import { element, setAttributes } from '../dom.js';

/* The steps of the arrow keys, if the page is written from left to right. */
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

export class TabsView {
    #root;
    #tabs;
    #chosen;
    #onLeave;
    #onChange;

    /*
     * tabs: [{ name, title, panel }]; the first is always there, and chosen at first.
     * onLeave(name) is called before its panel is hidden, onChange(name) after the change.
     */
    constructor(root, tabs, { onLeave = () => {}, onChange = () => {} } = {}) {
        this.#root = root;
        this.#onLeave = onLeave;
        this.#onChange = onChange;
        this.#tabs = tabs.map((tab) => ({ ...tab, isThere: false, button: element('button.tab', tab.title, {
            type: 'button', role: 'tab', id: `tab-${tab.name}`, 'aria-controls': tab.panel.id }) }));
        for (const tab of this.#tabs)
            tab.button.addEventListener('click', () => this.choose(tab.name));
        this.#chosen = this.#tabs[0].name;
        root.append(...this.#tabs.map(({ button }) => button));
        root.addEventListener('keydown', (event) => this.#key(event));
        this.render([]);
    }

    get chosen() {
        return this.#chosen;
    }

    /* names: the tabs of this match, without the first. */
    render(names) {
        for (const [place, tab] of this.#tabs.entries())
            tab.isThere = place === 0 || names.includes(tab.name);
        this.#root.hidden = this.#there.length < 2;
        if (!this.#there.some(({ name }) => name === this.#chosen))
            this.choose(this.#tabs[0].name);
        else
            this.#show();
    }

    choose(name) {
        const isChange = name !== this.#chosen;
        if (isChange)
            this.#onLeave(this.#chosen);
        this.#chosen = name;
        this.#show();
        if (isChange)
            this.#onChange(name);
    }

    get #there() {
        return this.#tabs.filter(({ isThere }) => isThere);
    }

    #show() {
        const hasChoice = !this.#root.hidden;
        for (const { name, button, panel, isThere } of this.#tabs) {
            const isChosen = name === this.#chosen;
            button.hidden = !isThere;
            panel.hidden = !isChosen;
            setAttributes(button, { 'aria-selected': isChosen, tabindex: isChosen ? 0 : -1 });
            setAttributes(panel, { role: hasChoice ? 'tabpanel' : null,
                'aria-labelledby': hasChoice ? button.id : null });
        }
    }

    #key(event) {
        const there = this.#there, last = there.length - 1;
        const now = there.findIndex(({ name }) => name === this.#chosen);
        const forward = getComputedStyle(this.#root).direction === 'rtl' ? -1 : 1;
        const next = event.key === 'Home' ? 0 : event.key === 'End' ? last
            : event.key in STEPS ? (now + forward * STEPS[event.key] + there.length) % there.length : -1;
        if (next < 0 || event.ctrlKey || event.altKey || event.metaKey)
            return;
        event.preventDefault();
        this.choose(there[next].name);
        there[next].button.focus();
    }
}
