"""A real browser for tests: Debian's Chromium, spoken to through its debugging pipe.

Where it is missing, tests are skipped with the reason; with REQUIRE_BROWSER set, as `.ci/run` does
it, they fail instead.
"""

import contextlib
import json
import os
import shutil
import subprocess
import time

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--remote-debugging-pipe",
    "--window-size=1600,1000",
)
SECONDS = 60.0


class Page:
    """One tab."""

    def __init__(self, browser):
        self._browser = browser
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        self.call("Page.enable")

    def call(self, method, **params):
        return self._browser.call(method, self._session, **params)

    def close(self):
        """Pages of earlier tests that go on loading would wear the browser out."""
        with contextlib.suppress(RuntimeError, BrokenPipeError):  # it may have died in the test
            self._browser.call("Target.closeTarget", targetId=self._target)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until(
            f"document.readyState === 'complete' && location.href !== 'about:blank' /* {url} */"
        )

    def run(self, script):
        """The value of a script, awaited; what it throws is a RuntimeError."""
        told = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            details = told["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return told["result"].get("value")

    def until(self, script, *, seconds=SECONDS):
        """Wait until a script's value is true, and return it."""
        ends = time.monotonic() + seconds
        while True:
            with contextlib.suppress(RuntimeError):  # a page that is just being left has no context
                if value := self.run(script):
                    return value
            assert time.monotonic() < ends, f"never true: {script}"
            time.sleep(0.03)


class Chromium:
    def __init__(self, program):
        self._program = program
        self._profile = f"/tmp/twin-browser-{os.getpid()}"  # noqa: S108  thrown away at the end
        self._start()

    def new_page(self):
        """A tab, of a new browser where this one has crashed; in a test, that fails the test."""
        with contextlib.suppress(RuntimeError, BrokenPipeError):
            return Page(self)
        self.close()
        self._start()
        return Page(self)

    def _start(self):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._process = subprocess.Popen(
            [self._program, *FLAGS, f"--user-data-dir={self._profile}"],
            preexec_fn=lambda: (os.dup2(theirs_in, 3), os.dup2(theirs_out, 4)),  # noqa: PLW1509
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._from, self._to = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self._buffer, self._number = b"", 0

    def call(self, method, session=None, **params):
        """One command of the DevTools protocol and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            told = self._next()
            if told.get("id") == self._number:
                if "error" in told:
                    raise RuntimeError(told["error"]["message"])
                return told["result"]

    def close(self):
        self._process.kill()
        self._process.wait(10)
        self._from.close()
        with contextlib.suppress(BrokenPipeError):  # what it did not read before it died
            self._to.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _next(self):
        while b"\0" not in self._buffer:
            data = os.read(self._from.fileno(), 1 << 16)
            if not data:
                raise RuntimeError("The browser is gone.")
            self._buffer += data
        raw, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(raw)


@pytest.fixture(scope="session")
def chromium():
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        why = "Chromium is not installed (apt-get install chromium)"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(why)
        pytest.skip(why)
    browser = Chromium(program)
    yield browser
    browser.close()


@pytest.fixture
def tab(chromium):
    page = chromium.new_page()
    yield page
    page.close()
