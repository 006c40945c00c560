"""A program in a real pty behind a terminal emulator, and its start on a server and a home."""

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

import pyte
import pytest

from triage.sandbox.process import Running

COLUMNS, LINES = 80, 24
UNREAD = 10.0  # seconds; a program that does not read keys gets them all the same


class Emulated:
    """A screen that takes a terminal's bytes, in whatever pieces they come."""

    def __init__(self, columns: int, lines: int) -> None:
        self.screen = pyte.Screen(columns, lines)
        self.screen.reset_mode(7, private=True)  # Textual asks for no wrapping, by a code that pyte is not shown
        self._stream = pyte.ByteStream(self.screen)
        self._half = b""

    def feed(self, some: bytes) -> None:
        """Show what has arrived."""
        some = self._half + some
        begun = re.search(rb"\x1b(?:\[[^@-~]*)?$", some)  # a code in two pieces
        some, self._half = (some[: begun.start()], some[begun.start() :]) if begun else (some, b"")
        # pyte knows neither Textual's private modes, nor kitty's keyboard sequences, nor scrolling by SU and SD
        known = re.sub(rb"\x1b\[[<>=?][0-9;]*\$?[a-zA-Z]", b"", some)
        for part in re.split(rb"(\x1b\[\d*[ST])", known):
            if re.fullmatch(rb"\x1b\[\d*[ST]", part):
                self._scroll(up=part.endswith(b"S"))
            else:
                self._stream.feed(part)

    def _scroll(self, *, up: bool) -> None:
        top, bottom = self.screen.margins or (0, self.screen.lines - 1)
        self.screen.cursor.y = bottom if up else top
        if up:
            self.screen.index()
        else:
            self.screen.reverse_index()


class Terminal:
    """A program in a pty with an emulated screen."""

    def __init__(self, argv: list[str], env: dict[str, str], size: tuple[int, int] = (COLUMNS, LINES)) -> None:
        self._emulated = Emulated(*size)
        self.screen = self._emulated.screen
        self.received = b""
        self.pid, self._ours = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, env)
        self.code: int | None = None
        self._size(*size)

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.screen.display)

    def _size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def resize(self, columns: int, lines: int) -> None:
        """Change the window's size."""
        self.screen.resize(lines, columns)
        self._size(columns, lines)

    def keys(self, *keys: str) -> None:
        """Type, with the pause a person makes; on a busy machine until the program has read the key.

        Read several at once they would be taken for a paste, or an escape for the beginning of a code.
        """
        for key in keys:
            os.write(self._ours, key.encode())
            self.read(0.06)
            ends = time.monotonic() + UNREAD
            while self._unread() and time.monotonic() < ends:
                self.read(0.02)

    def _unread(self) -> int:
        """How many bytes of what was typed the program has not taken yet."""
        try:
            theirs = os.open(f"/proc/{self.pid}/fd/0", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            return 0  # it has ended, or this is no Linux
        try:
            return int.from_bytes(fcntl.ioctl(theirs, termios.FIONREAD, bytes(4)), sys.byteorder)
        finally:
            os.close(theirs)

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
            self.take(some)

    def take(self, some: bytes) -> None:
        """Count and show what has arrived."""
        self.received += some
        self._emulated.feed(some)

    def until(self, holds: Callable[[str], bool], seconds: float = 40) -> str:
        """Wait until the screen says something; the limit only ends a broken run."""
        ends = time.monotonic() + seconds
        while not holds(self.text):
            assert time.monotonic() < ends, f"never came; the screen is:\n{self.text}"
            self.read(0.1)
        return self.text

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return os.waitpid(self.pid, os.WNOHANG) == (0, 0)

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


def command(server: Running, home: Path, *args: str, **env: str) -> tuple[list[str], dict[str, str]]:
    """Return how `triage …` is started on a server and a home: its words and its environment."""
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TMUX", "SSH_TTY")}
    settings = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC", "TRIAGE_BASE_URL": server.url}
    words = [sys.executable, "-m", "triage", "--home", str(home), *args]
    return words, {**plain, **settings, "TRIAGE_TOKEN": server.token, **env}


@pytest.fixture
def in_pty() -> Iterator[Callable[..., Terminal]]:
    """Start `triage …` in a pty on a server and a home; more environment by keyword."""
    opened: list[Terminal] = []

    def started(server: Running, home: Path, *args: str, **env: str) -> Terminal:
        made = Terminal(*command(server, home, *args, **env))
        opened.append(made)
        return made

    yield started
    for terminal in opened:
        terminal.close()
