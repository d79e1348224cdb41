/*
 * The scorers, cards, substitutions and the penalty shoot-out of each side. Pure.
 */

import { Growing } from '../model/growing.js';
import { isScoring, rulesOf } from '../model/sports.js';
import { minuteOf, sideOf } from '../words/words.js';

/* With more goals there is no list of scorers, as in basketball. */
const MAX_GOALS = 16;
const MAX_LISTED = 60;

const DISMISSALS = new Set(['red_card', 'second_yellow_card']);
const CHANGES = new Set(['yellow_card', 'sin_bin', 'two_minutes', 'substitution']);
const SHOOT_OUT = { penalty_scored: true, shoot_out_goal: true, penalty_missed: false, penalty_saved: false };

/*
 * Takes entries, the oldest first, and returns { goals, changes, shootOut }, each { home: [], away: [] }.
 * An item is { kind, actor, minutes }, and in shootOut { actor, isScored }.
 */
export function momentsOf(entries, state) {
    const { sport, home, away, home_short, away_short } = state;
    const found = grown.of(entries, sport, home, away, home_short, away_short);
    return count(found.goals) > MAX_GOALS ? { ...found, goals: sides() } : found;
}

const grown = new Growing(() => ({ goals: sides(), changes: sides(), shootOut: sides() }),
    (found, entry, sport, home, away, home_short, away_short) => {
        const state = { sport, home, away, home_short, away_short };
        const side = !entry.team || entry.retracted ? '' : sideOf(entry, state);
        if (side)
            note(found, entry, side, state);
    });

function note(found, entry, side, state) {
    const { kind } = entry;
    if (isInShootOut(entry, state))
        found.shootOut[side].push({ actor: entry.actor, isScored: SHOOT_OUT[kind] });
    else if (isScoring(entry, state.sport) || DISMISSALS.has(kind))
        add(found.goals[side], entry);
    else if (CHANGES.has(kind) && found.changes[side].length < MAX_LISTED)
        add(found.changes[side], entry);
}

/* A penalty can be saved during play as well, so only entries of the shoot-out's period count. */
function isInShootOut({ kind, period, phase }, { sport }) {
    if (!Object.hasOwn(SHOOT_OUT, kind))
        return false;
    const name = phase || rulesOf(sport).periods[period - 1] || rulesOf(sport).more;
    return /shoot-?out/i.test(name);
}

/* Two goals of the same player become one item with two minutes. */
function add(list, entry) {
    const minute = minuteOf(entry);
    const same = entry.actor && list.find(({ kind, actor }) => kind === entry.kind && actor === entry.actor);
    if (same)
        same.minutes.push(minute);
    else
        list.push({ kind: entry.kind, actor: entry.actor ?? '', minutes: [minute] });
}

function sides() {
    return { home: [], away: [] };
}

function count({ home, away }) {
    return home.length + away.length;
}
