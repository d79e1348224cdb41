/*
 * Links in texts that others wrote. Only addresses of http and https become links: no other
 * scheme, no user names (https://bank.example@evil.example), and no characters that change the
 * direction of writing, because they could hide the real address.
 */

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u0000-\u001f\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+/gi;

/* Characters at the end that belong to the sentence, not to the address. */
const BEHIND = /[.,;:!?)\]}…]+$/;

/* Splits the text into parts: strings, and links { text, href }. Together they are the whole text. */
export function linksIn(text) {
    const parts = [];
    let end = 0;
    for (const { 0: found, index } of text.matchAll(ADDRESS)) {
        const address = found.replace(BEHIND, '');
        const href = addressOf(address);
        if (href === null)
            continue;
        parts.push(text.slice(end, index), { text: address, href });
        end = index + address.length;
    }
    parts.push(text.slice(end));
    return parts.filter((part) => part !== '');
}

/* The address as a browser writes it; null if it is no http(s) address, or contains a user name. */
export function addressOf(text) {
    try {
        const { href, protocol, hostname, username, password } = new URL(text);
        const isSafe = /^https?:$/.test(protocol) && hostname && !username && !password;
        return isSafe ? href : null;
    } catch {
        return null;
    }
}
