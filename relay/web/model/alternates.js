/* The other languages of a match: each of them is a match of its own. Pure. */

/* The limit of the protocol. A longer list is a mistake, and is cut. */
const MAX_LANGUAGES = 50;

/* [{ id, lang }, …]. Others wrote the state, so an item that names no match is left out. */
export function alternatesOf(state) {
    const all = Array.isArray(state?.alternates) ? state.alternates : [];
    return all.filter((one) => Number.isSafeInteger(one?.id) && one.id > 0 && one.id !== state.match)
        .slice(0, MAX_LANGUAGES)
        .map(({ id, lang }) => ({ id, lang: typeof lang === 'string' ? lang : null }));
}

/*
 * The match that has the commentary in that language ('de', 'pt-BR'), or null. A match with the same
 * language and country is better than one with the same language; this match is better than another.
 */
export function matchIn(state, language) {
    const all = [{ id: state?.match, lang: state?.lang }, ...alternatesOf(state)];
    const wanted = String(language).toLowerCase();
    const exact = all.find(({ lang }) => String(lang ?? '').toLowerCase() === wanted);
    return (exact ?? all.find(({ lang }) => lang && baseOf(lang) === baseOf(wanted)))?.id ?? null;
}

function baseOf(language) {
    return String(language).toLowerCase().split('-')[0];
}
