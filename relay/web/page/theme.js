/*
 * Light or dark: as the device has it, until somebody chooses. The choice is kept in the browser.
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

/* A browser that keeps nothing for the page forgets it. */
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
        /* it was told not to, or there is no room */
    }
}
