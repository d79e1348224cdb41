/* The languages in which the commentary of a match is there as well: other matches. Pure. */

/* As the relay's protocol says; more would be a mistake. */
const MAX_LANGUAGES = 50;

/* [{ id, lang }, …]. Others wrote it: what is no match and no language is left out. */
export function alternatesOf(state) {
    const all = Array.isArray(state?.alternates) ? state.alternates : [];
    return all.filter((one) => Number.isSafeInteger(one?.id) && one.id > 0 && one.id !== state.match)
        .slice(0, MAX_LANGUAGES)
        .map(({ id, lang }) => ({ id, lang: typeof lang === 'string' ? lang : null }));
}

/*
 * The match that has the commentary in that language ('de', 'pt-BR'): the same language and
 * country rather than the same language, and this match rather than another. null: none has.
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
