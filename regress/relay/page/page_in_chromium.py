#!/usr/bin/python3
"""The page, and the element on another site's page, in Chromium."""
from support.base.case import run
from support.browser.scenarios import Scenarios


class Chromium(Scenarios):
    browser = "chromium"


if __name__ == "__main__":
    run(Chromium)
