/*
 * The marks of the kinds, drawn on a 24 × 24 grid in the colour of the text.
 * They are paths, not a font or emoji, because paths look the same everywhere and
 * need no resource that the Content-Security-Policy would have to allow.
 */

import { rulesOf } from '../model/sports.js';

const SVG = 'http://www.w3.org/2000/svg';

const CARD = 'M7 4h10a1.5 1.5 0 0 1 1.5 1.5v13A1.5 1.5 0 0 1 17 20H7a1.5 1.5 0 0 1-1.5-1.5v-13A1.5 1.5 0 0 1 7 4z';
const BALL = 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8l3.8 2.8-1.4 4.4H9.6l-1.4-4.4zM12 3v5M20.5 9.3l-4.7 1.5M17.3 19.3l-2.9-4.1M6.7 19.3l2.9-4.1M3.5 9.3l4.7 1.5';
const SPOT = 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z';
const FLAG = 'M6 21V4M6 4.5l11 3.7L6 12';

const PATHS = {
    goal: BALL,
    own_goal: BALL,
    penalty_goal: BALL,
    yellow_card: CARD,
    red_card: CARD,
    second_yellow_card: CARD,
    substitution: 'M8 20V5M4.5 8.5 8 5l3.5 3.5M16 4v15M12.5 15.5 16 19l3.5-3.5',
    kick_off: 'M8 5l11 7-11 7z',
    start_of_period: 'M8 5l11 7-11 7z',
    half_time: 'M8.5 5v14M15.5 5v14',
    end_of_period: 'M8.5 5v14M15.5 5v14',
    full_time: 'M6 6h12v12H6z',
    chance: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
    save: 'M12 3.5l7 2.5v5.5c0 4.4-3 7.6-7 9-4-1.4-7-4.6-7-9V6zM9 12l2.2 2.2L15.2 10',
    penalty_saved: 'M12 3.5l7 2.5v5.5c0 4.4-3 7.6-7 9-4-1.4-7-4.6-7-9V6zM9 12l2.2 2.2L15.2 10',
    penalty_missed: `${SPOT}M9 9l6 6M15 9l-6 6`,
    penalty_scored: `${SPOT}M8.5 12.2l2.4 2.4 4.6-4.8`,
    penalty: `${SPOT}M12 11v2`,
    corner: 'M5 21V4l8 3-8 3M5 15a6 6 0 0 1 6 6',
    offside: FLAG,
    foul: 'M12 4.5 21 20H3zM12 10v4.5M12 17v.5',
    injury: 'M9.5 4h5v5.5H20v5h-5.5V20h-5v-5.5H4v-5h5.5z',
    var: 'M4 5h16v11H4zM9 20h6M12 16v4',
    ball: SPOT,
    out: 'M6 6l12 12M18 6 6 18',
    flag: FLAG,
    comment: 'M12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z',
};

const UNKNOWN = 'M12 7l5 5-5 5-5-5z';

/* A new <svg> for that kind of entry in that sport. Both may be any strings. */
export function icon(kind, sport) {
    const name = nameOf(kind || 'comment', rulesOf(sport).icons);
    const svg = document.createElementNS(SVG, 'svg');
    const path = document.createElementNS(SVG, 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', Object.hasOwn(PATHS, name) ? PATHS[name] : UNKNOWN);
    svg.append(path);
    return svg;
}

function nameOf(kind, icons) {
    return Object.hasOwn(icons, kind) ? icons[kind] : kind;
}
