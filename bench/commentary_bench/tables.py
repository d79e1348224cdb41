"""Tables in Markdown."""

MISSING = "–"


def markdown(rows):
    """rows: lists of text, the heading first."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0])] + lines[1:]) + "\n"


def cell(summary, unit=""):
    """A dash stands for what was not measured."""
    return MISSING if summary is None else f"{summary}{unit}"


def code(text):
    """As code inside a table: a bar would end the cell."""
    return "`" + text.replace("|", "\\|").replace("`", "'") + "`"
