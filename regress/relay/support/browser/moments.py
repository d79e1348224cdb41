"""A moment of a match of each sport, as its reporter would write it, and what a fan reads.

`match` has the arguments of commentary.create_match(), `lines` rows of commentary.feed.
The texts of `board` must stand on the scoreboard, those of `timeline` among the lines.
"""
from dataclasses import dataclass, field


@dataclass
class Moment:
    sport: str
    match: dict
    lines: list
    board: list
    timeline: list = field(default_factory=list)


MOMENTS = [
    Moment("football",
           {"home": "Harbour Town", "away": "Mill Rovers", "competition": "Coast Cup, final", "home_score": 1,
            "away_score": 1, "result": "Harbour Town win 4–2 on penalties", "status": "live", "clock": "Pens 4–2",
            "metadata": '{"venue": {"name": "The Quay", "city": "Harbour"}, "officials": [{"role": "Referee",'
                        ' "name": "M. Oduya"}], "statistics": [{"name": "Shots", "home": 14, "away": 9}],'
                        ' "lineups": {"home": [{"number": 1, "name": "P. Lund", "position": "GK"}],'
                        ' "away": [{"number": 9, "name": "S. Ito"}]}}'},
           [{"period": 1, "minute": 0, "kind": "kick_off", "message": "The final is under way."},
            {"period": 2, "minute": 90, "stoppage": 3, "kind": "goal", "team": "Mill Rovers", "actor": "S. Ito",
             "home_score": 1, "away_score": 1, "message": "Level, with the last touch of the ninety minutes."},
            {"period": 5, "kind": "penalty_scored", "team": "Harbour Town", "actor": "P. Lund",
             "message": "The goalkeeper takes the last one himself, and the cup is theirs."}],
           ["Harbour Town", "1 – 1", "Pens 4–2", "win 4–2 on penalties", "Coast Cup, final"],
           ["Penalty shoot-out", "90+3'", "Second half", "Level, with the last touch"]),
    Moment("cricket",
           {"home": "Northern XI", "away": "Southern XI", "competition": "Test match, day 4", "status": "live",
            "home_display": "245/7 & 13/0", "away_display": "312", "clock": "3.2 ov"},
           [{"period": 2, "clock": "71.4", "kind": "wicket", "actor": "R. Dale", "phase": "2nd innings",
             "message": "Bowled him! The off stump is on its back."},
            {"phase": "3rd innings", "clock": "0.1", "kind": "four", "message": "Driven through the covers."},
            {"phase": "3rd innings", "clock": "3.2", "message": "Defended; they will be happy to see the close."}],
           ["245/7 & 13/0", "312", "3.2 ov", "Test match, day 4"],
           ["3rd innings", "2nd innings", "71.4", "Wicket", "Four"]),
    Moment("basketball",
           {"home": "River City Rafters", "away": "Bay Pilots", "home_short": "RCR", "away_short": "BAY",
            "status": "live", "home_score": 98, "away_score": 101, "clock": "Q4 02:31"},
           [{"period": 4, "clock": "Q4 02:58", "kind": "timeout", "team": "RCR", "message": "Rafters want to talk."},
            {"period": 4, "clock": "Q4 02:31", "kind": "three_pointer", "team": "BAY", "actor": "J. Cole",
             "home_score": 98, "away_score": 101, "message": "From the corner, over two hands."}],
           ["98 – 101", "Q4 02:31"], ["Fourth quarter", "Three-pointer", "98 – 101"]),
    Moment("tennis",
           {"home": "A. Novotna", "away": "L. Brandt", "status": "live", "home_display": "6 6⁵ 3", "away_display": "4 7 2",
            "competition": "Quarter-final", "clock": "Set 3"},
           [{"period": 2, "kind": "tie_break", "message": "Brandt takes the tie-break with a lob."},
            {"period": 3, "kind": "break_of_serve", "actor": "A. Novotna", "message": "Broken to love."}],
           ["6 6⁵ 3", "4 7 2", "Set 3"], ["Break of serve", "Set 2", "Tie-break"]),
    Moment("rugby_union",
           {"home": "Glen", "away": "Shore", "status": "paused", "home_score": 12, "away_score": 17, "clock": "HT"},
           [{"period": 1, "minute": 38, "kind": "try", "team": "Shore", "actor": "T. Vea", "home_score": 12,
             "away_score": 17, "message": "Over in the corner, after eleven phases."}],
           ["12 – 17", "HT"], ["First half", "Try", "38'"]),
    Moment("ice_hockey",
           {"home": "Lakers", "away": "Foxes", "status": "live", "home_score": 2, "away_score": 2, "clock": "OT 04:10"},
           [{"period": 3, "clock": "19:58", "kind": "power_play_goal", "team": "Foxes", "home_score": 2, "away_score": 2,
             "message": "Two seconds left on the clock!"},
            {"period": 4, "kind": "face_off", "message": "Sudden death begins."}],
           ["2 – 2", "OT 04:10"], ["Overtime 1", "Power-play goal", "Third period"]),
    Moment("baseball",
           {"home": "Millers", "away": "Comets", "status": "live", "home_score": 3, "away_score": 4, "clock": "▼ 9th, 2 out"},
           [{"period": 9, "phase": "Bottom of the 9th", "kind": "home_run", "actor": "D. Reyes", "home_score": 3,
             "away_score": 4, "message": "Gone, over the left-field wall."}],
           ["3 – 4", "▼ 9th, 2 out"], ["Bottom of the 9th", "Home run"]),
    Moment("american_football",
           {"home": "Bulls", "away": "Rams of Ash", "status": "live", "home_score": 20, "away_score": 17, "clock": "Q4 1:52"},
           [{"period": 4, "clock": "1:52", "kind": "touchdown", "team": "Bulls", "home_score": 20, "away_score": 17,
             "headline": "Touchdown, from 61 yards", "message": "Nobody laid a hand on him."}],
           ["20 – 17", "Q4 1:52"], ["Touchdown, from 61 yards", "Fourth quarter"]),
    Moment("volleyball",
           {"home": "Club Vela", "away": "Nord VC", "status": "live", "home_score": 2, "away_score": 1,
            "clock": "Set 4, 21–23"},
           [{"period": 4, "kind": "ace", "actor": "M. Hahn", "message": "Nobody moves."}],
           ["2 – 1", "Set 4, 21–23"], ["Set 4", "Ace"]),
    Moment("handball",
           {"home": "Kiruna HK", "away": "Porto Norte", "status": "live", "home_score": 27, "away_score": 27},
           [{"period": 2, "minute": 59, "kind": "seven_metre_goal", "home_score": 27, "away_score": 27,
             "message": "Cool from the line."}],
           ["27 – 27", "59'"], ["Seven-metre goal", "Second half"]),
    Moment("formula_1",
           {"title": "Grand Prix of the Lakes", "competition": "Round 14", "status": "live", "clock": "Lap 41/57",
            "leaderboard": '[{"rank": 1, "name": "K. Aalto", "value": "1:02:11.4"}, {"rank": 2, "name": "B. Moreau",'
                           ' "value": "+3.812", "note": "2 stops"}, {"rank": "DNF", "name": "O. Silva", "value": "Lap 12"}]'},
           [{"phase": "Lap 12", "kind": "retirement", "actor": "O. Silva", "message": "Smoke, and the garage it is."},
            {"phase": "Lap 41", "kind": "overtake", "actor": "K. Aalto", "message": "Around the outside!"}],
           ["Grand Prix of the Lakes", "Lap 41/57", "Round 14"], ["Retirement", "Lap 12", "Overtake"]),
    Moment("cycling",
           {"title": "Stage 12: to the Col d'Orage", "status": "live", "clock": "17 km to go",
            "leaderboard": '[{"rank": 1, "name": "E. Ruiz", "value": "4h 12\'"}, {"rank": 2, "name": "Peloton", "value": "+2\'30\\""}]'},
           [{"clock": "38 km", "kind": "attack", "actor": "E. Ruiz", "message": "He goes, and nobody follows."}],
           ["Stage 12: to the Col d'Orage", "17 km to go"], ["Attack", "38 km"]),
    Moment("golf",
           {"title": "Links Open", "status": "live", "clock": "Round 4",
            "leaderboard": '[{"rank": "T1", "name": "H. Ono", "value": "-7", "note": "thru 14"}, {"rank": "T1", "name":'
                           ' "G. Brand", "value": "-7"}, {"rank": 3, "name": "S. Hall", "value": "E"}]'},
           [{"period": 4, "kind": "eagle", "actor": "H. Ono", "message": "From 40 feet, on the par five."}],
           ["Links Open", "Round 4"], ["Eagle", "Round 4"]),
    Moment("chess",
           {"home": "V. Tal", "away": "I. Petrova", "status": "finished", "home_display": "½", "away_display": "½",
            "result": "Drawn by repetition after 41 moves"},
           [{"period": 6, "clock": "41. Qh5+", "kind": "check", "message": "The same check for the third time."}],
           ["½ – ½", "Drawn by repetition", "Game over"], ["41. Qh5+", "Game 6"]),
    Moment("esports",
           {"home": "Team Amber", "away": "Ninefold", "status": "live", "home_score": 1, "away_score": 1,
            "clock": "Map 3, 11–9"},
           [{"period": 3, "phase": "Map 3: Foundry", "kind": "clutch", "actor": "juno", "message": "One against three."}],
           ["1 – 1", "Map 3, 11–9"], ["Map 3: Foundry", "Clutch"]),
    Moment("curling",
           {"home": "Rink A", "away": "Rink B", "status": "live", "home_score": 4, "away_score": 3},
           [{"period": 7, "kind": "hammer_stolen", "message": "Stolen, by two centimetres."}],
           ["4 – 3", "Period 7"], ["Period 7", "Hammer stolen"]),
]
