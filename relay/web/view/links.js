/*
 * Links in texts that others wrote. Only http and https become links, as they stand: no other
 * scheme, no user names (https://bank.example@evil.example), and nothing that turns the
 * direction of writing round, behind which an address could hide.
 */

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u0000-\u001f\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+/gi;

/* What ends a sentence rather than an address. */
const BEHIND = /[.,;:!?)\]}…]+$/;

/* The text in parts, which together are the text: strings, and { text, href }. */
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

/* The address as a browser writes it; null: it is no http(s) address, or has a user in it. */
export function addressOf(text) {
    try {
        const { href, protocol, hostname, username, password } = new URL(text);
        const isSafe = /^https?:$/.test(protocol) && hostname && !username && !password;
        return isSafe ? href : null;
    } catch {
        return null;
    }
}
