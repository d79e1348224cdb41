"""Runs a chapter of a guide word for word, on the servers of a test."""
import os
import re
import subprocess

from support.base.stack import LONG_S, wait_for
from transcript.blocks import blocks
from transcript.session import pattern, tidy

TOP = os.path.realpath(f"{os.path.dirname(os.path.abspath(__file__))}/../../../..")


def chapter(path, title):
    with open(f"{TOP}/{path}", encoding="utf-8") as file:
        return re.search(rf"^## {title}\n.*?(?=^## |\Z)", file.read(), re.MULTILINE | re.DOTALL)[0]


def ask(server, text):
    """Returns what psql prints for this input."""
    done = subprocess.run([f"{server.bin}/psql", "-Xqd", server.conninfo, "-v", "ON_ERROR_STOP=1"], input=text,
                          capture_output=True, text=True, timeout=LONG_S, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{text}: {done.stderr}")
    return done.stdout


def run_chapter(path, title, servers, words):
    """`servers` are named as in the guide; `words` has what replaces some of its words here."""
    text = chapter(path, title)
    for word, here in words.items():
        assert word in text, f"{path} has no {word} in {title}"
        text = text.replace(word, here)
    said = ""
    for block in (block for block in blocks(text) if block.is_run):
        shown = said if "same" in block.words else block.expected
        said = run_block(servers[block.server], block.text, shown)


def run_block(server, text, shown):
    """Runs a block; if the guide shows what it prints, again and again until it prints that."""
    said = [ask(server, text)]

    def is_shown():
        if pattern(shown).fullmatch(tidy(said[0])):
            return True
        said[0] = ask(server, text)
        return False

    if shown is not None:
        wait_for(is_shown, f"{text} shows\n{shown}")
    return said[0]
