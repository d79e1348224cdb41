"""A study's section of RESULTS.md, and RESULTS.md of all sections."""

import datetime
import os
import re
import subprocess

from . import machine
from .noise import Noise

MOST_FAULTS = 10  # that are told; all are counted
BEGINNING = "# Results\n\nComposed by bench/run of the sections in results/: do not edit.\n"
LINK_BESIDE = re.compile(r"\]\(([a-z-]+\.(csv|svg))\)")


def commit_of(top):
    argv = ["git", "-C", top, "describe", "--always", "--dirty"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "no commit"


def section(run):
    """Everything above the study's own report. run: a Run that has measured."""
    command = ("BENCH=quick " if run.wishes.is_quick else "") + f"make bench-{run.name}"
    lines = [
        f"## {run.title}",
        "",
        "| | |",
        "|---|---|",
        f"| measured | {datetime.date.today()}, commit {commit_of(run.places.top)} |",
        f"| machine | {machine.description(run.work)} |",
        f"| software | {', '.join(run.software)} |",
        f"| command | `{command}` |",
        f"| noise | {Noise(run.figures).summary()} |",
        f"| errors | {len(run.faults)} |",
        f"| figures | [{run.name}.csv]({run.name}.csv) |",
        "",
    ]
    if run.faults:
        lines += [f"- error: {fault}" for fault in run.faults[:MOST_FAULTS]] + [""]
    return "\n".join(lines) + "\n"


def left_out(study, why):
    """In place of an older section, which would pass for one of this run."""
    return (
        f"## {study}: left out\n\n**Not measured on {datetime.date.today()}: {why}.**"
        f" To try it alone: `make bench-{study}`.\n"
    )


def how_to_read(readme):
    """The part of README.md that belongs to the figures, to the next heading of its level."""
    found = re.search(r"^## How to read this\n.*?(?=^## )", readme, re.MULTILINE | re.DOTALL)
    return found.group(0)


def composed(readme, sections):
    """RESULTS.md; the links of a section are to files beside it."""
    parts = [LINK_BESIDE.sub(r"](results/\1)", text) + "\n" for text in sections]
    return BEGINNING + "\n" + how_to_read(readme) + "".join(parts)


def compose(results, studies, readme_path):
    """Writes RESULTS.md beside the folder of the sections; studies: names in their order."""
    sections = []
    for study in studies:
        path = f"{results}/{study}.md"
        if os.path.exists(path):
            sections.append(machine.read(path))
    target = os.path.join(os.path.dirname(results), "RESULTS.md")
    with open(f"{target}.new", "w", encoding="utf-8") as file:
        file.write(composed(machine.read(readme_path), sections))
    os.replace(f"{target}.new", target)
    return target
