"""A headless Chromium through chromedriver's WebDriver protocol (w3.org/TR/webdriver2), with the standard library only."""

import json
import pathlib
import shutil
import subprocess
import urllib.error
import urllib.request

from programs import PATIENCE, Lines, eventually

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key by which WebDriver marks an element
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-default-browser-check")


class Element:
    def __init__(self, browser, identity):
        self._browser, self._path = browser, f"/element/{identity}"
        self.reference = {ELEMENT: identity}

    def click(self):
        self._browser.call("POST", self._path + "/click", {})

    def type(self, text):
        self._browser.call("POST", self._path + "/value", {"text": text})

    @property
    def text(self):
        return self._browser.call("GET", self._path + "/text")

    @property
    def shown(self):
        return self._browser.call("GET", self._path + "/displayed")

    def value_of(self, name):
        return self._browser.call("GET", f"{self._path}/property/{name}")

    def attribute(self, name):
        return self._browser.call("GET", f"{self._path}/attribute/{name}")

    @property
    def box(self):
        return self._browser.call("GET", self._path + "/rect")


class Browser:
    """One window of its own profile; gone with all its processes at the end of the `with`."""

    def __init__(self, folder, width=1200, height=900):
        driver = shutil.which("chromedriver")
        self.process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._output = Lines(self.process.stdout)
        line = self._output.wait_for(lambda line: "started successfully on port" in line and line)
        self._url = "http://127.0.0.1:" + line.rsplit(" ", 1)[1].strip(" .\n")
        profile = pathlib.Path(folder) / "profile"
        options = {"binary": shutil.which("chromium"), "args": [*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]}
        try:
            session = self._request("POST", "/session", {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        except Exception:
            self.process.terminate()
            raise
        self._session = f"/session/{session['sessionId']}"

    def _request(self, method, path, body=None):
        request = urllib.request.Request(self._url + path, method=method, headers={"Content-Type": "application/json"},
                                         data=None if body is None else json.dumps(body).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as failure:
            told = json.load(failure)["value"]
            raise AssertionError(f"{told['error']}: {told['message'].splitlines()[0]}") from None

    def call(self, method, path, body=None):
        return self._request(method, self._session + path, body)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def find_all(self, selector):
        found = self.call("POST", "/elements", {"using": "css selector", "value": selector})
        return [Element(self, entry[ELEMENT]) for entry in found]

    def find(self, selector):
        """The first element that is shown; waits for it."""
        return eventually(lambda: next((element for element in self.find_all(selector) if element.shown), None))

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    @property
    def active(self):
        return Element(self, self.call("GET", "/element/active")[ELEMENT])

    def size(self, width, height):
        """The size of the viewport itself, as a phone has it; a window cannot be that narrow."""
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride",
                                                "params": {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._request("DELETE", self._session)
        finally:
            self.process.terminate()
            self.process.wait(PATIENCE)
