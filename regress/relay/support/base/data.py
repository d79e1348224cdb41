"""Real commentary to test with. It is not part of the project: it is in ../shared/data, which may be absent."""
import csv
import os

DATA = os.environ.get("COMMENTARY_SHARED", "") + "/data"


def read_rows(name):
    with open(f"{DATA}/{name}", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
