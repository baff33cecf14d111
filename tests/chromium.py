"""A Chromium without a window, driven over its DevTools protocol through a pair of pipes.

`scripts/browser` says where it is, or fetches one. A page that is opened here can't reach anything
but loopback either: a proxy that does not exist stands before everything else.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

_PATIENCE = 60.0
"""Seconds without any word of the browser, after which it is given up."""

_OPTIONS = (
    "--headless",
    "--no-sandbox",  # root has none; what is shown here, the tests wrote themselves
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--proxy-server=http://tests-must-stay-on-loopback.invalid:1",
)

_LAUNCH = """
import fcntl, os, sys
theirs_in, theirs_out = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(theirs_in, 3)
os.dup2(theirs_out, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads from descriptor 3 and writes to 4: they are put there first, by way of numbers
that are neither.
"""

Event = dict[str, Any]


class Chromium:
    """A browser process. It ends with the block."""

    def __init__(self, program: Path, folder: Path) -> None:
        """`folder` is for its profile."""
        self._program = program
        self._folder = folder
        self._numbers = itertools.count(1)
        self._arrived = b""
        self._listeners: dict[str, list[Event]] = {}

    def __enter__(self) -> Self:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        home = self._program.parent
        environ = dict(os.environ, HOME=str(self._folder))
        if (home / "fonts.conf").exists():  # fetched: it has its libraries and its font with it
            environ |= {"LD_LIBRARY_PATH": str(home / "lib"), "FONTCONFIG_PATH": str(home)}
        pipes = (str(theirs_in), str(theirs_out))
        started = [sys.executable, "-I", "-S", "-c", _LAUNCH, *pipes, str(self._program)]
        with (self._folder / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*started, *_OPTIONS, f"--user-data-dir={self._folder}/profile", "about:blank"],
                env=environ,
                pass_fds=[theirs_in, theirs_out],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        os.close(theirs_in)
        os.close(theirs_out)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.call("Browser.close")
        except (EOFError, OSError):
            pass
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """What the browser answers to one call. Raises RuntimeError if it refuses it."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def receive(self) -> Event:
        """The next message of the browser; an event goes to the page that it is about as well."""
        while b"\0" not in self._arrived:
            if not select.select([self._in], [], [], _PATIENCE)[0]:
                raise TimeoutError(f"no word of Chromium for {_PATIENCE:.0f} seconds")
            piece = os.read(self._in, 1 << 20)
            if not piece:
                log = (self._folder / "chromium.log").read_text(errors="replace")
                raise EOFError(f"Chromium has ended: {log[-2000:]}")
            self._arrived += piece
        message, _, self._arrived = self._arrived.partition(b"\0")
        event: Event = json.loads(message)
        if "method" in event:
            self._listeners.setdefault(event.get("sessionId", ""), []).append(event)
        return event

    def open(self, **emulated: Any) -> Page:
        """A new, empty page."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        session = attached["sessionId"]
        events = self._listeners.setdefault(session, [])
        page = Page(self, session, target["targetId"], events)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        return page


class Page:
    """A tab, and everything that has happened in it."""

    def __init__(self, browser: Chromium, session: str, target: str, events: list[Event]) -> None:
        self._browser = browser
        self._session = session
        self._target = target
        self.events = events

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """What the browser answers to one call about this page."""
        return self._browser.call(method, self._session, **params)

    def go(self, address: str) -> None:
        """Open an address, and wait until the page and what belongs to it is loaded."""
        del self.events[:]
        self.call("Page.navigate", url=address)
        self.wait_for(lambda event: event["method"] == "Page.loadEventFired")

    def wait_for(self, fits: Callable[[Event], bool]) -> Event:
        """The first event that fits, of those that came and those that come."""
        seen = 0
        while True:
            for event in self.events[seen:]:
                if fits(event):
                    return event
            seen = len(self.events)
            self._browser.receive()

    def run(self, script: str, *, by_user: bool = False) -> Any:
        """The value of an expression; of a promise, what it comes to."""
        result = self.call(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
            userGesture=by_user,
        )
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until an expression is true, looked at before each frame."""
        self.run(
            "new Promise((done) => { const look = () => "
            f"({condition}) ? done() : requestAnimationFrame(look); look(); }})"
        )

    def type(self, text: str) -> None:
        """Put text where the focus is, as if it were typed."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int, *, shift: bool = False) -> None:
        """Press a key: its name, and its code on Windows."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                modifiers=8 if shift else 0,
                text="\r" if key == "Enter" and kind == "keyDown" else "",
            )

    def emulate(
        self, *, scheme: str = "", media: str = "", width: int = 0, height: int = 800
    ) -> None:
        """Pretend to be a screen of that width, in that colour scheme, or a printer."""
        features = [{"name": "prefers-color-scheme", "value": scheme}] if scheme else []
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        if width:
            self.call(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=1,
                mobile=width < 600,
            )

    def requests(self) -> list[str]:
        """The addresses of what was asked for since `go`, but for what is in the page, and for what
        the page's policy has forbidden.
        """
        forbidden = {
            event["params"]["requestId"]
            for event in self.events
            if event["method"] == "Network.loadingFailed"
            and event["params"].get("blockedReason") == "csp"
        }
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
            and event["params"]["requestId"] not in forbidden
            and not event["params"]["request"]["url"].startswith("data:")
        ]

    def complaints(self) -> list[str]:
        """What the browser found wrong: violated policies, errors of scripts, failed loads."""
        found = [
            event["params"]["entry"]["text"]
            for event in self.events
            if event["method"] == "Log.entryAdded"
            and event["params"]["entry"]["level"] in ("warning", "error")
        ]
        found += [
            str(event["params"]["exceptionDetails"])
            for event in self.events
            if event["method"] == "Runtime.exceptionThrown"
        ]
        return found

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Take a picture, of what can be seen or of all of the page."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        """Close the tab."""
        self._browser.call("Target.closeTarget", targetId=self._target)
