/*
 * Light or dark. The setting of the device applies until somebody chooses; the browser keeps the choice.
 */

const STORAGE_KEY = 'commentary-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export class Theme {
    #button;
    #chosen = null;

    constructor(button) {
        this.#button = button;
        this.#chosen = kept();
        button.addEventListener('click', () => this.#toggle());
        dark.addEventListener('change', () => this.#apply());
        this.#apply();
    }

    get #isDark() {
        return this.#chosen === null ? dark.matches : this.#chosen === 'dark';
    }

    #toggle() {
        this.#chosen = this.#isDark ? 'light' : 'dark';
        keep(this.#chosen);
        this.#apply();
    }

    #apply() {
        document.documentElement.dataset.theme = this.#isDark ? 'dark' : 'light';
        this.#button.hidden = false;
        this.#button.setAttribute('aria-pressed', String(this.#isDark));
    }
}

/* A browser that stores nothing for the page forgets the choice. */
function kept() {
    try {
        const theme = localStorage.getItem(STORAGE_KEY);
        return theme === 'light' || theme === 'dark' ? theme : null;
    } catch {
        return null;
    }
}

function keep(theme) {
    try {
        localStorage.setItem(STORAGE_KEY, theme);
    } catch {
        /* storage is disabled or full */
    }
}
