#!/usr/bin/python3
"""The fenced blocks of a document.

Behind the language, which a renderer colours a block by, the info string has words for the test:

    ```sql                        is run; so are sh, js and python
    ```text                       what the block before it prints; … is anything, alone: any lines
    ```text typed                 what a person types into the program of the block before it
    ```sh background              goes on while what follows is run
    ```text background            what the last one of them has printed by now
    ```sql until                  is run again and again until it prints what is shown below it
    ```sql same                   the same, until it prints what the block before it has printed
    ```js file=score.mjs          is written to that file; any language
    ```sh root                    is run as root in a bare Debian, by make check-deb
    ```ini settings               is in force when the test's server starts
    ```sh not-run                 is not run

In a guide that has several servers the first line of a block is a comment that says on which one it
is run: `-- on db1`, `# on db1`.

As a program it prints the blocks that have a word, with what is typed as a here-document, so that
a shell can run them: blocks.py FILE WORD
"""
import re
import sys
from dataclasses import dataclass

FENCE = re.compile(r"^```(?P<language>\S*)(?P<words>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
RUNNABLE = {"sql", "sh", "js", "python", "text"}


@dataclass
class Block:
    language: str
    words: list
    text: str
    line: int                               # of the document
    expected: str = None                    # what it prints, when that is shown
    typed: str = ""

    @property
    def file(self):
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)

    @property
    def server(self):
        named = re.match(r"(?:--|#) on (\w+)\n", self.text)
        return named and named[1]

    @property
    def is_run(self):
        return not {"not-run", "root"} & set(self.words) and bool(self.language in RUNNABLE or self.file)


def attach(found, words, text):
    """A block of text belongs to the one before it; returns whether it does."""
    if "background" in words:
        return False
    if "typed" in words:
        found[-1].typed = text
    else:
        found[-1].expected = text
    return True


def blocks(markdown):
    """In their order, with what is shown or typed below them."""
    found = []
    for match in FENCE.finditer(markdown):
        words = match["words"].split()
        if match["language"] == "text" and "not-run" not in words and attach(found, words, match["text"]):
            continue
        line = markdown.count("\n", 0, match.start()) + 1
        found.append(Block(match["language"], words, match["text"], line))
    return found


def script(block):
    """For a shell."""
    return f"{block.text.rstrip()} <<'TYPED'\n{block.typed}TYPED\n" if block.typed else block.text


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print("\n".join(script(block) for block in blocks(file.read()) if sys.argv[2] in block.words), end="")
