/*
 * The token of this viewer. It comes in the fragment of the address, which browsers do not
 * send, or somebody pastes it; it is kept for this tab. A token is as good as a password, so
 * it is removed from the address as soon as it is read, before somebody copies or sees it.
 */

/* The longest token that a relay takes: see PROTOCOL.md. */
const MAX_LENGTH = 3072;

/* Three parts in base64url. A pasted text of another form is not sent to anybody. */
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const STORAGE_KEY = 'commentary-token';

/* The token in a text, in which a mail program may have put line breaks; '' if the text is no token. */
export function tokenIn(text) {
    const token = text.replace(/\s+/g, '');
    return token.length <= MAX_LENGTH && SHAPE.test(token) ? token : '';
}

export class TokenKeeper {
    #window;
    #token = '';

    /* window: that of the browser; location, history and sessionStorage are used. */
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

    /* Removes the token of `#token=…` or `#match=7&token=…` from the address and returns it; null: there is none. */
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

    /* If the browser stores nothing for the page, the token is kept until the page is left. */
    #store(change) {
        try {
            change(this.#window.sessionStorage);
        } catch {
            /* storage is disabled or full */
        }
    }
}
