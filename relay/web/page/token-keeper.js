/*
 * The token of this viewer: where it comes from, and where it is kept. It comes
 * in the fragment of the address, which a browser sends to nobody, or is pasted;
 * and it is kept for this tab. What shaped it: a token is as good as a password,
 * so it leaves the address as soon as it is read, before that is copied or seen.
 */

/* What a relay takes at most: see PROTOCOL.md. */
const MAX_LENGTH = 3072;

/* Three parts in base64url. Whatever else was pasted is not sent to anybody. */
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const STORAGE_KEY = 'commentary-token';

/* The token in a text, which a mail may have broken into lines; '' if it is none. */
export function tokenIn(text) {
    const token = text.replace(/\s+/g, '');
    return token.length <= MAX_LENGTH && SHAPE.test(token) ? token : '';
}

export class TokenKeeper {
    #window;
    #token = '';

    /* window: the browser's, of which location, history and sessionStorage are used. */
    constructor(window) {
        this.#window = window;
        this.#store((storage) => {
            this.#token = storage.getItem(STORAGE_KEY) ?? '';
        });
    }

    /* '' when there is none. */
    get token() {
        return this.#token;
    }

    keep(token) {
        this.#token = token;
        this.#store((storage) => storage.setItem(STORAGE_KEY, token));
    }

    forget() {
        this.#token = '';
        this.#store((storage) => storage.removeItem(STORAGE_KEY));
    }

    /* Takes what stands behind `#token=` or `#match=7&token=` out of the address; null: nothing. */
    takeFromAddress() {
        const { location, history } = this.#window;
        const fields = new URLSearchParams(location.hash.slice(1));
        const text = fields.get('token');
        if (text === null)
            return null;
        fields.delete('token');
        const rest = fields.toString();
        history.replaceState(history.state, '',
            location.pathname + location.search + (rest && `#${rest}`));
        return text;
    }

    /* A browser that keeps nothing for the page has the token until the page is left. */
    #store(change) {
        try {
            change(this.#window.sessionStorage);
        } catch {
            /* it was told not to, or there is no room */
        }
    }
}
