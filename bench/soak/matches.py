"""Real commentary as matches: lines with the time, in match seconds, at which they fell.

    for match in read_matches(folder):       # football.csv and cricket.csv of the folder
        match.sport, match.title, match.lines[0].second, .minute, .text
"""

import csv
import itertools
import os
import random
import re
from typing import NamedTuple

BALL_SECONDS = 40  # of cricket, with the pauses between the overs
INNINGS_SECONDS = 100 * 60


class Line(NamedTuple):
    second: float
    minute: int
    text: str


class Match(NamedTuple):
    sport: str
    title: str
    lines: list


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def line_at(chance, second, text):
    """Spread within its minute; what the database would refuse is a space here."""
    second += chance.uniform(0, 30)
    return Line(second, int(second // 60), re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text).strip())


def football(path, chance):
    rows = sorted(rows_of(path), key=lambda row: row["game_date"])
    for day, of_match in itertools.groupby(rows, key=lambda row: row["game_date"]):
        lines = [
            line_at(chance, 60 * (int(row["comm_min"]) + int(float(row["comm_min_inj"] or 0))), row["comm_text"])
            for row in of_match
        ]
        yield Match("football", f"{day}", sorted(line for line in lines if line.text))


def cricket(path, chance):
    rows = sorted(rows_of(path), key=lambda row: row["match"])
    for name, of_match in itertools.groupby(rows, key=lambda row: row["match"]):
        lines = []
        for row in of_match:
            over, _, ball = row["over_number"].partition(".")
            number = int(over) * 6 + int(ball or 0)
            began = (int(float(row["innings_no"])) - 1) * INNINGS_SECONDS
            lines.append(line_at(chance, began + number * BALL_SECONDS, row["comm"]))
        yield Match("cricket", name[:100], sorted(line for line in lines if line.text))


def read_matches(folder):
    """Shuffled, always in the same way. Empty when there is no data."""
    chance = random.Random(1)
    matches = []
    for name, reader in (("football.csv", football), ("cricket.csv", cricket)):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            matches += [match for match in reader(path, chance) if len(match.lines) > 1]
    chance.shuffle(matches)
    return matches
