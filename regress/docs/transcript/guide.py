"""What the tests of guides share: a document, its blocks, and the checkout that its reader stands in."""
import os
import re

from transcript.blocks import blocks

TOP = os.path.realpath(f"{os.path.dirname(os.path.abspath(__file__))}/../../..")


def read(path):
    with open(f"{TOP}/{path}", encoding="utf-8") as file:
        return file.read()


def kinds(found):
    """How many are run, run as root, not run."""
    root = sum("root" in block.words for block in found)
    is_run = sum(block.is_run for block in found)
    return is_run, root, len(found) - is_run - root


def beside(folder):
    """The checkout as the reader has it, built, in a folder that may be written to."""
    for name in set(os.listdir(TOP)) - {"build"}:
        os.symlink(f"{TOP}/{name}", f"{folder}/{name}")
    os.mkdir(f"{folder}/build")
    os.symlink(os.environ["COMMENTARY_TOOLS"], f"{folder}/build/tools")
    os.symlink(os.path.dirname(os.environ["COMMENTARY_RELAY"]), f"{folder}/build/relay")


def environment():
    """Of the reader: nothing of the tests'."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "COMMENTARY"))}
    clean["PGCTLTIMEOUT"] = os.environ.get("PGCTLTIMEOUT", "180")
    return clean


def settings_of(text, server=None):
    """What a guide says of postgresql.conf, there or everywhere."""
    return "".join(block.text for block in blocks(text) if "settings" in block.words and block.server in (None, server))


def runnable(test, path, text, expected_kinds):
    """The blocks of a document that are run, when there are as many of each kind as the test knows of."""
    found = blocks(text)
    test.assertEqual(kinds(found), expected_kinds, f"{path}: blocks that are run, run as root, not run")
    test.assertFalse(re.search("^(    |\t)", re.sub("(?ms)^```.*?^```$", "", text), re.MULTILINE),
                     f"{path} has an indented block, which nobody runs: fence it")
    return [block for block in found if block.is_run]
