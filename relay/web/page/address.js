/*
 * Reads and writes the address of the page; no other module does. A match has its own path, which
 * people share, and to which sites add their parameters. Older links have the match behind the #, and
 * still work.
 *
 *     /match/7   /match/7#seq-58   /match/7?utm_source=x        behind any prefix of a proxy
 *     /#match=7  /#match=7&utm_source=x  /#match=7&seq=58
 */

const PATH = /^(.*\/)match\/(\d{1,15})\/?$/;
const NUMBER = /^[1-9]\d{0,14}$/;

/*
 * Takes a location or URL, returns { base, match, seq, fields }. base: the path of the lobby; match
 * and seq: numbers, or null; fields: the parameters behind the question mark.
 */
export function readAddress({ pathname, search, hash }) {
    const path = PATH.exec(pathname);
    const fragment = new URLSearchParams(hash.slice(1));
    return {
        base: path ? path[1] : pathname.slice(0, pathname.lastIndexOf('/') + 1),
        match: numberOf(path ? path[2] : fragment.get('match')),
        seq: seqIn(fragment),
        fields: new URLSearchParams(search),
    };
}

export function matchPath(base, match, seq = null) {
    return `${base}match/${match}${seq === null ? '' : `#seq-${seq}`}`;
}

/* From seq=58, or from seq-58, which is the id of an element. */
function seqIn(fragment) {
    const name = [...fragment.keys()].find((key) => key.startsWith('seq-'));
    return numberOf(name?.slice('seq-'.length) ?? fragment.get('seq'));
}

function numberOf(text) {
    return NUMBER.test(text ?? '') ? Number(text) : null;
}
