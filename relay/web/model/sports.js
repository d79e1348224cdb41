/*
 * The words and rules of each sport, as data. To add a sport, add an entry here and a
 * test in test/model/sports.test.mjs. For a sport that is not here, the general rules at the
 * end of the file apply.
 *
 * The members of a sport, all of them optional:
 *   periods    the names of periods 1, 2, 3 …; `more` names those after the last, with
 *              {n} for the number counted from there
 *   status     words for `paused`, `finished` and others instead of the general ones
 *   clock      'minute': the minute of the newest entry is the match's clock;
 *              'period': the name of its period is
 *   order      how to recognise a late line (order.js): 'minute' if minutes count up; 'period' if
 *              one period ends before the next begins; 'none' if it cannot be recognised. The default
 *              is the value of clock, and 'none' for a sport that is not here
 *   kinds      names of kinds, where the name cannot be made from the kind itself (free_kick: Free kick)
 *   scoring    kinds that are shown as a score
 *   breaks     kinds that begin or end a part of the match
 *   key        further kinds that the filter for key events keeps
 *   icons      the mark of a kind: its name in view/icons.js
 */

const HALVES = ['First half', 'Second half'];
const QUARTERS = ['First quarter', 'Second quarter', 'Third quarter', 'Fourth quarter'];

export const SPORTS = {
    football: {
        periods: [...HALVES, 'Extra time, first half', 'Extra time, second half',
            'Penalty shoot-out'],
        status: { finished: 'Full time' },
        clock: 'minute',
        scoring: ['goal', 'own_goal', 'penalty_goal', 'penalty_scored'],
        breaks: ['kick_off', 'half_time', 'full_time'],
        key: ['red_card', 'yellow_card', 'second_yellow_card', 'penalty_missed', 'penalty_saved',
            'substitution'],
    },
    cricket: {
        periods: ['First innings', 'Second innings', 'Third innings', 'Fourth innings'],
        more: 'Super over {n}',
        status: { finished: 'Match over' },
        clock: 'period',
        kinds: { four: 'Four', six: 'Six', wicket: 'Wicket', lbw: 'LBW', no_ball: 'No-ball' },
        scoring: ['four', 'six'],
        breaks: ['innings_break', 'tea', 'lunch', 'stumps', 'end_of_innings', 'start_of_innings'],
        key: ['wicket', 'fifty', 'century', 'review'],
        icons: { wicket: 'out', run_out: 'out', lbw: 'out', stumped: 'out', caught: 'out',
            four: 'chance', six: 'chance' },
    },
    basketball: {
        periods: QUARTERS,
        more: 'Overtime {n}',
        status: { finished: 'Final' },
        clock: 'period',
        kinds: { three_pointer: 'Three-pointer', two_pointer: 'Two-pointer', dunk: 'Dunk' },
        scoring: ['basket', 'three_pointer', 'two_pointer', 'free_throw', 'dunk', 'layup'],
        breaks: ['tip_off', 'half_time', 'end_of_quarter', 'start_of_quarter'],
        key: ['technical_foul', 'ejection', 'timeout'],
        icons: { basket: 'ball', three_pointer: 'ball', two_pointer: 'ball', free_throw: 'ball',
            dunk: 'ball', layup: 'ball', timeout: 'half_time' },
    },
    tennis: {
        more: 'Set {n}',
        status: { paused: 'Suspended', finished: 'Final' },
        clock: 'period',
        kinds: { ace: 'Ace', break_of_serve: 'Break of serve', tie_break: 'Tie-break' },
        scoring: ['game', 'set', 'break_of_serve', 'match_point_won'],
        breaks: ['end_of_set', 'start_of_set', 'change_of_ends'],
        key: ['set_point', 'match_point', 'break_point', 'tie_break', 'medical_timeout'],
        icons: { ace: 'chance', game: 'ball', set: 'ball', break_of_serve: 'ball' },
    },
    rugby: {
        periods: [...HALVES, 'Extra time, first half', 'Extra time, second half'],
        status: { finished: 'Full time' },
        clock: 'minute',
        kinds: { try: 'Try', penalty_try: 'Penalty try', drop_goal: 'Drop goal',
            tmo: 'TMO', sin_bin: 'Sin bin' },
        scoring: ['try', 'penalty_try', 'conversion', 'penalty_goal', 'drop_goal'],
        breaks: ['kick_off', 'half_time', 'full_time'],
        key: ['yellow_card', 'red_card', 'sin_bin', 'tmo', 'substitution'],
        icons: { try: 'ball', penalty_try: 'ball', conversion: 'penalty_scored',
            drop_goal: 'penalty_scored', sin_bin: 'yellow_card', tmo: 'var', scrum: 'foul',
            lineout: 'corner' },
    },
    ice_hockey: {
        periods: ['First period', 'Second period', 'Third period'],
        more: 'Overtime {n}',
        status: { paused: 'Intermission', finished: 'Final' },
        clock: 'period',
        kinds: { power_play_goal: 'Power-play goal', short_handed_goal: 'Short-handed goal',
            face_off: 'Face-off' },
        scoring: ['goal', 'power_play_goal', 'short_handed_goal', 'empty_net_goal', 'shoot_out_goal'],
        breaks: ['face_off', 'intermission', 'end_of_period', 'start_of_period'],
        key: ['penalty', 'fight', 'power_play'],
        icons: { power_play_goal: 'ball', short_handed_goal: 'ball', empty_net_goal: 'ball',
            shoot_out_goal: 'ball', penalty: 'foul', face_off: 'kick_off' },
    },
    baseball: {
        periods: ['1st inning', '2nd inning', '3rd inning'],
        more: '{k}th inning',
        status: { finished: 'Final' },
        clock: 'period',
        kinds: { home_run: 'Home run', grand_slam: 'Grand slam', strikeout: 'Strikeout',
            double_play: 'Double play' },
        scoring: ['run', 'home_run', 'grand_slam', 'sacrifice_fly'],
        breaks: ['first_pitch', 'end_of_inning', 'middle_of_inning', 'seventh_inning_stretch'],
        key: ['strikeout', 'double_play', 'pitching_change', 'error'],
        icons: { run: 'ball', home_run: 'ball', grand_slam: 'ball', sacrifice_fly: 'ball',
            strikeout: 'out', double_play: 'out', pitching_change: 'substitution' },
    },
    american_football: {
        periods: QUARTERS,
        more: 'Overtime {n}',
        status: { finished: 'Final' },
        clock: 'period',
        kinds: { touchdown: 'Touchdown', field_goal: 'Field goal', extra_point: 'Extra point',
            two_point_conversion: 'Two-point conversion', safety: 'Safety', first_down: 'First down' },
        scoring: ['touchdown', 'field_goal', 'extra_point', 'two_point_conversion', 'safety'],
        breaks: ['kick_off', 'half_time', 'end_of_quarter', 'two_minute_warning'],
        key: ['interception', 'fumble', 'turnover', 'sack', 'missed_field_goal'],
        icons: { touchdown: 'ball', field_goal: 'penalty_scored', extra_point: 'penalty_scored',
            two_point_conversion: 'ball', safety: 'ball', missed_field_goal: 'penalty_missed',
            interception: 'out', fumble: 'out', turnover: 'out' },
    },
    volleyball: {
        more: 'Set {n}',
        status: { finished: 'Final' },
        clock: 'period',
        scoring: ['point', 'ace', 'set'],
        breaks: ['end_of_set', 'start_of_set', 'technical_timeout'],
        key: ['set', 'set_point', 'match_point', 'timeout'],
        icons: { point: 'ball', ace: 'chance', set: 'ball', block: 'save' },
    },
    handball: {
        periods: [...HALVES, 'First extra time, first half', 'First extra time, second half',
            'Second extra time, first half', 'Second extra time, second half'],
        more: 'Seven-metre shoot-out',
        status: { finished: 'Full time' },
        clock: 'minute',
        kinds: { seven_metre_goal: 'Seven-metre goal', two_minutes: 'Two-minute suspension' },
        scoring: ['goal', 'seven_metre_goal'],
        breaks: ['throw_off', 'half_time', 'full_time'],
        key: ['two_minutes', 'yellow_card', 'red_card', 'seven_metre_saved', 'timeout'],
        icons: { seven_metre_goal: 'penalty_scored', seven_metre_saved: 'penalty_saved',
            two_minutes: 'yellow_card', throw_off: 'kick_off' },
    },
    formula_1: {
        status: { paused: 'Red flag', finished: 'Chequered flag' },
        clock: 'period',
        order: 'none',
        more: 'Lap {n}',
        kinds: { safety_car: 'Safety car', virtual_safety_car: 'Virtual safety car',
            pit_stop: 'Pit stop', fastest_lap: 'Fastest lap', drs: 'DRS' },
        breaks: ['lights_out', 'red_flag', 'restart', 'chequered_flag'],
        key: ['overtake', 'retirement', 'safety_car', 'virtual_safety_car', 'penalty',
            'fastest_lap', 'crash', 'pit_stop'],
        icons: { lights_out: 'kick_off', chequered_flag: 'flag', red_flag: 'red_card',
            yellow_flag: 'yellow_card', overtake: 'chance', retirement: 'out', crash: 'injury',
            pit_stop: 'substitution', safety_car: 'foul', virtual_safety_car: 'foul' },
    },
    cycling: {
        status: { paused: 'Neutralised', finished: 'Finished' },
        more: 'Stage {n}',
        clock: 'period',
        order: 'none',
        kinds: { kom: 'King of the Mountains', intermediate_sprint: 'Intermediate sprint' },
        breaks: ['start', 'neutralised', 'finish'],
        key: ['attack', 'breakaway', 'crash', 'puncture', 'intermediate_sprint', 'kom', 'abandon',
            'stage_win'],
        icons: { start: 'kick_off', finish: 'flag', attack: 'chance', breakaway: 'chance',
            crash: 'injury', puncture: 'foul', abandon: 'out', stage_win: 'ball' },
    },
    golf: {
        status: { paused: 'Play suspended', finished: 'Final' },
        more: 'Round {n}',
        clock: 'period',
        order: 'none',
        kinds: { hole_in_one: 'Hole in one', double_bogey: 'Double bogey' },
        scoring: ['birdie', 'eagle', 'albatross', 'hole_in_one'],
        breaks: ['end_of_round', 'start_of_round'],
        key: ['bogey', 'double_bogey', 'cut', 'withdrawal', 'lead_change'],
        icons: { birdie: 'chance', eagle: 'chance', albatross: 'chance', hole_in_one: 'ball',
            bogey: 'foul', double_bogey: 'foul', water: 'foul' },
    },
    chess: {
        status: { paused: 'Adjourned', finished: 'Game over' },
        more: 'Game {n}',
        kinds: { draw_offer: 'Draw offered', time_trouble: 'Time trouble' },
        clock: 'period',
        order: 'none',
        scoring: ['win', 'draw'],
        breaks: ['start_of_game', 'end_of_game'],
        key: ['check', 'checkmate', 'blunder', 'resignation', 'draw_offer', 'sacrifice', 'castling',
            'promotion'],
        icons: { checkmate: 'ball', win: 'ball', blunder: 'foul', resignation: 'out',
            sacrifice: 'chance' },
    },
    esports: {
        more: 'Map {n}',
        status: { paused: 'Pause', finished: 'Final' },
        clock: 'period',
        kinds: { ace: 'Ace', first_blood: 'First blood', pick_ban: 'Pick and ban', mvp: 'MVP' },
        scoring: ['round', 'map', 'kill', 'objective'],
        breaks: ['start_of_map', 'end_of_map', 'half_time', 'side_switch'],
        key: ['ace', 'clutch', 'first_blood', 'objective', 'tactical_timeout'],
        icons: { round: 'ball', map: 'ball', kill: 'out', ace: 'chance', clutch: 'chance' },
    },
};

const OTHER_NAMES = {
    soccer: 'football', association_football: 'football', rugby_union: 'rugby',
    rugby_league: 'rugby', rugby_sevens: 'rugby', hockey: 'ice_hockey', nhl: 'ice_hockey',
    nba: 'basketball', nfl: 'american_football', gridiron: 'american_football', mlb: 'baseball',
    f1: 'formula_1', formula_one: 'formula_1', grand_prix: 'formula_1', motorsport: 'formula_1',
    road_cycling: 'cycling', e_sports: 'esports', beach_volleyball: 'volleyball',
};

/* The rules of a sport that is not in the table, and the defaults for those that are. */
const GENERAL = {
    periods: [],
    more: 'Period {k}',
    status: { scheduled: 'Scheduled', live: 'Live', paused: 'Break', finished: 'Finished',
        abandoned: 'Abandoned', postponed: 'Postponed', cancelled: 'Cancelled' },
    clock: 'minute',
    kinds: { var: 'VAR' },
    breaks: ['kick_off', 'half_time', 'full_time', 'end_of_period', 'start_of_period'],
    icons: {},
};

/* For a sport that is not in the table, every kind scores that scores in one of the table's sports. */
const general = { ...merged({}),
    scoring: new Set(Object.values(SPORTS).flatMap(({ scoring = [] }) => scoring)) };
const rules = new Map(Object.entries(SPORTS).map(([sport, own]) => [sport, merged(own)]));

/* A cache by the name as others wrote it, because each drawing asks for the rules of every line. */
const asked = new Map();
const MAX_ASKED = 1000;

/* The rules of a sport. All members of the list above are there. */
export function rulesOf(sport) {
    if (!asked.has(sport)) {
        if (asked.size >= MAX_ASKED)
            asked.clear();
        asked.set(sport, rules.get(nameOf(sport)) ?? general);
    }
    return asked.get(sport);
}

/*
 * The name of a period: 2 of football is 'Second half', 6 of basketball is 'Overtime 2'. fill(text, values)
 * translates the text and puts the values into it.
 */
export function periodName(sport, period, fill = filled) {
    const { periods, more } = rulesOf(sport);

    if (period < 1)
        return fill('Before the start', {});
    return fill(periods[period - 1] ?? more, { n: period - periods.length, k: period });
}

export function isBreak({ kind }, sport) {
    return rulesOf(sport).breaks.has(kind);
}

export function isScoring({ kind }, sport) {
    return rulesOf(sport).scoring.has(kind);
}

/* Whether the filter for key events keeps the entry. An entry of any kind may have the tag `key`. */
export function isKeyEvent(entry, sport) {
    const { scoring, breaks, key } = rulesOf(sport);

    return scoring.has(entry.kind) || breaks.has(entry.kind) || key.has(entry.kind)
        || (entry.tags ?? []).includes('key');
}

function filled(text, { n, k }) {
    return text.replace('{n}', n).replace('{k}', k);
}

function merged(own) {
    return {
        ...GENERAL,
        ...own,
        order: own.order ?? own.clock ?? 'none',
        status: { ...GENERAL.status, ...own.status },
        kinds: { ...GENERAL.kinds, ...own.kinds },
        scoring: new Set(own.scoring),
        breaks: new Set([...GENERAL.breaks, ...own.breaks ?? []]),
        key: new Set(own.key),
    };
}

function nameOf(sport = '') {
    const name = String(sport).toLowerCase().replace(/[^a-z0-9]+/g, '_');

    return Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : name;
}
