"""Firefox without geckodriver, which Debian does not have: selenium's commands over Firefox's own protocol.

Marionette is what geckodriver speaks to Firefox: a line of TCP with `LENGTH:JSON` in both directions. A
command is `[0, id, name, parameters]`, its answer `[1, id, error, result]`.
"""
import json
import os
import socket
import subprocess
import time

from selenium.webdriver.remote.webdriver import WebDriver

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"     # W3C's name for the key of an element
DEADLINE_S = 120
PREFERENCES = {
    "marionette.port": 0,       # a free one, which Firefox writes into its profile
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.disable_open_during_load": False,
    "extensions.update.enabled": False,
    "media.autoplay.default": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
# Selenium's commands whose name in Marionette is not the same with a prefix.
NAMES = {
    "newSession": "WebDriver:NewSession", "quit": "WebDriver:DeleteSession", "get": "WebDriver:Navigate",
    "goBack": "WebDriver:Back", "goForward": "WebDriver:Forward", "w3cExecuteScript": "WebDriver:ExecuteScript",
    "w3cExecuteScriptAsync": "WebDriver:ExecuteAsyncScript", "w3cGetActiveElement": "WebDriver:GetActiveElement",
    "clearElement": "WebDriver:ElementClear", "clickElement": "WebDriver:ElementClick",
    "sendKeysToElement": "WebDriver:ElementSendKeys", "actions": "WebDriver:PerformActions",
    "clearActionState": "WebDriver:ReleaseActions", "getElementValueOfCssProperty": "WebDriver:GetElementCSSValue",
    "getCurrentUrl": "WebDriver:GetCurrentURL", "screenshot": "WebDriver:TakeScreenshot", "w3cGetWindowHandles": "WebDriver:GetWindowHandles",
    "w3cGetCurrentWindowHandle": "WebDriver:GetWindowHandle", "close": "WebDriver:CloseWindow",
    "findChildElement": "WebDriver:FindElement", "findChildElements": "WebDriver:FindElements",
}


class Marionette:
    """What selenium calls a remote connection."""

    def __init__(self, port):
        self.line = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
        self.reader = self.line.makefile("rb")
        self.count = 0
        self.read()     # its greeting

    def read(self):
        length = b""
        while (byte := self.reader.read(1)) not in (b":", b""):
            length += byte
        if not length:
            raise AssertionError("Firefox is gone")
        return json.loads(self.reader.read(int(length)))

    def execute(self, command, params):
        """Returns what selenium expects of a command: {value}, or {status, value} if it failed."""
        name = NAMES.get(command) or f"WebDriver:{command[0].upper()}{command[1:]}"
        error, result = self.ask(name, self.as_marionette(command, dict(params)))
        if error:
            return {"status": 500, "value": json.dumps({"value": error})}
        return {"value": result["value"] if isinstance(result, dict) and "value" in result else result}

    def ask(self, name, parameters):
        self.count += 1
        text = json.dumps([0, self.count, name, parameters]).encode()
        self.line.sendall(b"%d:%s" % (len(text), text))
        _, number, error, result = self.read()
        assert number == self.count, (number, self.count)
        return error, result

    def as_marionette(self, command, params):
        params.pop("sessionId", None)
        if command == "newSession":
            return params["capabilities"].get("alwaysMatch") or {}
        if command.startswith("findChild"):
            params["element"] = params.pop("id")
        if command == "switchToFrame" and isinstance(params["id"], dict):
            params = {"element": params["id"][ELEMENT]}
        return params

    def close(self):
        self.reader.close()
        self.line.close()


class Firefox(WebDriver):
    """A driver as those of selenium; quit() ends it."""

    def __init__(self, program, profile):
        write_preferences(profile)
        self.process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--new-instance", "--marionette", "--profile", profile],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"HOME": profile, "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"})
        try:
            self.marionette = Marionette(self.await_port(f"{profile}/MarionetteActivePort"))
            super().__init__(command_executor=self.marionette, options=NoOptions())
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def await_port(self, file_name):
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end and self.process.poll() is None:
            if os.path.exists(file_name):
                with open(file_name, encoding="ascii") as file:
                    if (text := file.read()).strip().isdigit():
                        return int(text)
            time.sleep(0.05)
        raise AssertionError("Firefox does not open its port")

    def quit(self):
        """Ends its processes as well."""
        self.marionette.ask("Marionette:Quit", {"flags": ["eForceQuit"]})
        self.marionette.close()
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def write_preferences(profile):
    with open(f"{profile}/user.js", "w", encoding="utf-8") as file:
        for name, value in PREFERENCES.items():
            file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")


class NoOptions:
    """Selenium insists on some."""

    _ignore_local_proxy = False

    def to_capabilities(self):
        return {}
