#!/usr/bin/python3
"""The page, and the element on another site's page, in Firefox."""
from support.base.case import run
from support.browser.scenarios import Scenarios


class Firefox(Scenarios):
    browser = "firefox"


if __name__ == "__main__":
    run(Firefox)
