"""The metrics of a relay, as Prometheus reads them."""
import contextlib
import re
import urllib.request

from support.base.stack import LONG_S

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SERIES = re.compile(rf"({NAME})(?:\{{({NAME})=\"([^\"\\\n]*)\"\}})? (-?[0-9]+(?:\.[0-9]+)?)")
ENDINGS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


class Metrics(dict):
    """The series of a document, which must be in text format 0.0.4: each metric has HELP, TYPE and then
    its series, all in one place, and no series comes twice."""

    def __init__(self, text):
        super().__init__()
        assert text.endswith("\n") and "\n\n" not in text
        self.types = {}
        name = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name = line.split(" ")[2]
                assert re.fullmatch(rf"# HELP {NAME} [^\\]+\.", line), line
                assert name not in self.types, line
                self.types[name] = None
            elif line.startswith("# TYPE "):
                assert self.types[name] is None, line
                _, _, typed, self.types[name] = line.split(" ")
                assert typed == name and self.types[name] in ENDINGS, line
            else:
                self.take(name, line)
        for name, kind in self.types.items():
            assert (kind == "counter") == name.endswith("_total"), name
            if kind == "histogram":
                self.check_histogram(name)

    def take(self, name, line):
        match = SERIES.fullmatch(line)
        assert match, line
        series, label, label_value, value = match.groups()
        assert series in [name + ending for ending in ENDINGS[self.types[name]]], line
        key = series if label is None else (series, label_value)
        assert key not in self, line
        self[key] = float(value)

    def check_histogram(self, name):
        bounds = [key[1] for key in self if key[0] == f"{name}_bucket"]
        assert bounds[-1] == "+Inf", bounds
        assert sorted(map(float, bounds)) == list(map(float, bounds)), bounds
        counts = [self[f"{name}_bucket", bound] for bound in bounds]
        assert sorted(counts) == counts and counts[-1] == self[f"{name}_count"], counts


def get(port, path="/metrics", **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with contextlib.closing(urllib.request.urlopen(request, timeout=LONG_S)) as answer:
        return answer.headers["content-type"], answer.read().decode()
