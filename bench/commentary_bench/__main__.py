"""The command line. bench/run calls it to measure; these three need no server and no build:

    PYTHONPATH=bench python3 -m commentary_bench report NAME FOLDER
    PYTHONPATH=bench python3 -m commentary_bench compose FOLDER
    PYTHONPATH=bench python3 -m commentary_bench tree FOLDER
"""

import argparse
import os
import signal
import sys

from . import chart, console, schedule, section, studies, tree
from .console import Trouble, say
from .figures import Figures
from .page import Page, rendered
from .places import Places, Wishes
from .run import ENDING_SIGNALS, Run

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def compose(folder):
    """RESULTS.md beside the folder of the sections; its path."""
    return section.compose(os.path.abspath(folder), studies.names(BENCH), f"{BENCH}/README.md")


def compose_again(places, wishes):
    return os.path.relpath(compose(places.results(wishes.is_quick)), places.top)


def study(places, names):
    wishes = Wishes.of(os.environ)
    for name in names:
        asked = studies.load(name)
        why = asked.skipped(places)
        if why:
            say(f"  skipped: {why}")
            continue
        Run(name, asked, places, wishes).execute()
        results = os.path.relpath(places.results(wishes.is_quick), places.top)
        say(f"  {results}/{name}.md, .csv, .svg; all studies: {compose_again(places, wishes)}")


def all_studies(places, names):
    wishes = Wishes.of(os.environ)
    names = names or studies.names(places.bench)
    left_out = schedule.Schedule(places, wishes, schedule.command_of(places)).run(names)
    say(f"  {compose_again(places, wishes)}")
    if left_out:
        raise Trouble(f"{left_out} of {len(names)} studies were left out: see above")


def report(name, folder):
    """The tables of figures that were measured before, and their chart."""
    asked, figures = studies.load(name), Figures.read(f"{folder}/{name}.csv")
    chart.draw(asked.chart, figures, f"{folder}/{name}.svg")
    print(rendered(asked.report, Page(figures, folder)), end="")


def arguments():
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="commentary_bench", description=__doc__, formatter_class=form)
    for name in Places._fields:
        parser.add_argument(f"--{name}", default="")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("study", help="measures studies and reports them")
    one.add_argument("names", nargs="+", choices=studies.names(BENCH))
    every = commands.add_parser("all", help="every study, each a program of its own, within a time")
    every.add_argument("names", nargs="*")
    again = commands.add_parser("report", help="prints the tables of FOLDER/NAME.csv and draws its chart")
    again.add_argument("name", choices=studies.names(BENCH))
    again.add_argument("folder")
    composing = commands.add_parser("compose", help="RESULTS.md of the sections in FOLDER, beside it")
    composing.add_argument("folder")
    planning = commands.add_parser("tree", help="the delays of SCALE.md's trees, by the figures in FOLDER")
    planning.add_argument("folder")
    return parser.parse_args()


def end(number, _frame):
    """As SystemExit, so that whatever was started is ended."""
    sys.exit(128 + number)


def main():
    for number in ENDING_SIGNALS:
        signal.signal(number, end)
    said = arguments()
    places = Places(*(getattr(said, name) for name in Places._fields))
    try:
        if said.command == "report":
            report(said.name, said.folder)
        elif said.command == "compose":
            say(compose(said.folder))
        elif said.command == "tree":
            tree.tell(said.folder)
        elif said.command == "all":
            all_studies(places, said.names)
        else:
            study(places, said.names)
    except Trouble as trouble:
        console.tell_trouble(trouble)
        return trouble.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
