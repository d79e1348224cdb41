"""The sentences that are written, of data/commentary.tsv: kind, actor, team, message.

A row of a study is (match_id, minute, kind, actor, team, message): the sentences in turn,
over the matches and the minutes in turn.
"""

from .machine import read

COLUMNS = "match_id, minute, kind, actor, team, message"
LAST_MINUTE = 90


def sentences_of(text):
    """Each as a list of texts; an empty one stands for NULL."""
    return [line.split("\t") for line in text.splitlines()]


def path(places):
    return f"{places.data}/commentary.tsv"


def sentences(places):
    return sentences_of(read(path(places)))


def rows(sentences, count, first_match, last_match):
    """So many rows, over the matches from first to last."""
    matches = last_match - first_match + 1
    for i in range(count):
        yield [i % matches + first_match, i % LAST_MINUTE + 1, *sentences[i % len(sentences)]]


def copy_text(rows):
    """As COPY reads them. The sentences have no character that COPY would want escaped."""
    return "".join("\t".join(str(value) if value != "" else "\\N" for value in row) + "\n" for row in rows)


def literal(text):
    """As SQL has it."""
    return "null" if text == "" else "'" + text.replace("'", "''") + "'"


def arrays(sentences):
    """Each column as an ARRAY[…] of SQL, of which an index takes an element."""
    return ["ARRAY[" + ",".join(literal(text) for text in column) + "]" for column in zip(*sentences)]


def values(rows):
    """As INSERT has them: (1,2,'goal','…'), a row each line."""
    return ",\n".join(
        "(" + ",".join(str(value) if isinstance(value, int) else literal(value) for value in row) + ")" for row in rows
    )
