"""The real program in a real pty at 80×24, behind a terminal emulator: from the list to the server's audit trail."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pyte
import pytest

from triage.sandbox.process import Running, start

COLUMNS, LINES = 80, 24
REASON = "Council session tonight at seven, Iris rang"


class Terminal:
    """A program in a pty with an emulated screen."""

    def __init__(self, argv: list[str], env: dict[str, str]) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self.received = b""
        self.pid, self._ours = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)
        self.code: int | None = None

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.screen.display)

    def keys(self, *keys: str) -> None:
        """Type, with the pause a person makes."""
        for key in keys:
            os.write(self._ours, key.encode())
            self.read(0.06)

    def read(self, seconds: float) -> None:
        """Take in what arrives for a while."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if not select.select([self._ours], [], [], left)[0]:
                continue
            try:
                some = os.read(self._ours, 65536)
            except OSError:
                return
            if not some:
                return
            self.received += some
            # pyte does not know Textual's private modes and kitty keyboard sequences
            self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z$]+[a-z]?|\x1b\[\?[0-9;]*\$p", b"", some))

    def until(self, holds: Callable[[str], bool], seconds: float = 40) -> str:
        """Wait until the screen says something; the limit only ends a broken run."""
        ends = time.monotonic() + seconds
        while not holds(self.text):
            assert time.monotonic() < ends, f"never came; the screen is:\n{self.text}"
            self.read(0.1)
        return self.text

    def ended(self, seconds: float = 15) -> int:
        """Wait for the program's end; its exit code."""
        ends = time.monotonic() + seconds
        while self.code is None and time.monotonic() < ends:
            self.read(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        assert self.code is not None, "it did not end"
        return self.code

    def close(self) -> None:
        """End it if it still runs."""
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._ours)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=200, seed=5) as running:
        yield running


@pytest.fixture
def run(server: Running, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start `triage …` in a pty; more environment by keyword."""
    opened: list[Terminal] = []

    def started(*args: str, home: str = "home", **env: str) -> Terminal:
        plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TMUX", "SSH_TTY")}
        settings = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC", "TRIAGE_BASE_URL": server.url}
        made = Terminal(
            [sys.executable, "-m", "triage", "--home", str(tmp_path / home), *args],
            {**plain, **settings, "TRIAGE_TOKEN": server.token, **env},
        )
        opened.append(made)
        return made

    yield started
    for terminal in opened:
        terminal.close()


def audit_with(server: Running, reason: str) -> list[dict[str, object]]:
    answer = httpx.get(f"{server.url}/v1/audit?limit=1000", headers={"Authorization": f"Bearer {server.token}"})
    return [entry for entry in answer.json()["entries"] if entry["reason"] == reason]


def test_from_the_list_to_the_servers_audit_log(run: Callable[..., Terminal], server: Running) -> None:
    app = run()
    listed = app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    assert "Category" in listed and "Why now" in listed and "MRR" in listed
    app.keys("R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text and "After" in text)
    app.keys("\r")  # bare enter never submits
    app.read(0.5)
    assert "Reason" in app.text
    app.keys(*REASON)
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)
    app.keys("b")
    app.until(lambda text: "On their way" in text or "held" in text)
    app.until(lambda text: "applied" in text and "audit" in text)
    assert len(audit_with(server, REASON)) == 1
    app.keys("\x1b")
    app.until(lambda text: "■ Blocked" in text)
    app.keys("q")
    assert app.ended() == 0
    assert server.token.encode() not in app.received


def test_take_back_leaves_no_trace(run: Callable[..., Terminal], server: Running) -> None:
    reason = "A change that is taken back in time"
    app = run()
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.keys("G", "g", "j", "R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text)
    app.keys(*reason)
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)
    app.keys("u")
    app.until(lambda text: "Nothing was sent" in text)
    app.keys("q")
    assert app.ended() == 0
    assert audit_with(server, reason) == []


def test_no_color_sends_no_colour_codes(run: Callable[..., Terminal]) -> None:
    app = run(NO_COLOR="1")
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.keys("j", "j", "w")
    app.read(1.0)
    app.keys("\x1b")
    app.read(0.5)
    for codes in re.findall(rb"\x1b\[([0-9;]*)m", app.received):
        numbers = [int(code) for code in codes.split(b";") if code]
        coloured = [n for n in numbers if 30 <= n <= 38 or 40 <= n <= 48 or 90 <= n <= 107]
        assert not coloured, codes
    app.keys("q")
    assert app.ended() == 0


def test_ctrl_c_never_quits_and_quitting_says_what_waits(run: Callable[..., Terminal]) -> None:
    app = run()
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.keys("\x03", "\x03")
    app.read(0.5)
    app.keys("j", "j", "j", "R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text)
    app.keys(*"They rang, held over the weekend")
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)
    app.keys("q")
    assert app.ended() == 0
    assert b"1 wait; triage sync sends them" in app.received
