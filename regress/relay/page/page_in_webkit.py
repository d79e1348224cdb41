#!/usr/bin/python3
"""The page, and the element on another site's page, in WebKit."""
from support.base.case import run
from support.browser.scenarios import Scenarios


class WebKit(Scenarios):
    browser = "webkit"


if __name__ == "__main__":
    run(WebKit)
