"""A program in a real pty behind an emulated screen; bytes are stamped when they arrive and emulated afterwards."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from kit.terminal import Emulated

COLUMNS, LINES = 120, 40
GIVE_UP = 60.0
IDLE = 0.01
DRIVER_STARTED = b"\x1b[?1004h"  # Textual has taken the terminal over


class Broken(Exception):
    """The program under measurement did not do what is measured; holds its last screen."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What a key caused: milliseconds to the first and last byte, and how many bytes."""

    first: float
    last: float
    count: int


class Program:
    """One program in a pty of 120×40; leave it with `close` or as a context manager."""

    def __init__(self, argv: Sequence[str], env: dict[str, str]) -> None:
        self._emulated = Emulated(COLUMNS, LINES)
        self._waiting: list[tuple[float, bytes]] = []
        self.driven = False  # whether Textual has taken the terminal over, by what has been emulated
        self.begun = time.perf_counter()
        self.pid, self._ours = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.execvpe(argv[0], list(argv), env)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End it and all that it started."""
        os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._ours)

    @property
    def text(self) -> str:
        """The screen as text, of what has been emulated."""
        return "\n".join(self._emulated.screen.display)

    # --- reading ---

    def until(self, holds: Callable[[str], bool], *, after: bytes = b"", within: float = GIVE_UP) -> float:
        """Milliseconds from the start to the arrival of the bytes that made `holds` true of the screen.

        With `after`, the screen counts from these bytes on, as if it were empty then. Broken where it takes longer than
        `within` seconds, a minute if not said otherwise.
        """
        ends = time.perf_counter() + within
        if not after and not self._waiting and holds(self.text):
            return (time.perf_counter() - self.begun) * 1000
        while time.perf_counter() < ends:
            if self._read(IDLE):
                continue
            while self._waiting:
                when, some = self._waiting.pop(0)
                if after and after in some:
                    before, _, some = some.partition(after)
                    self._feed(before)
                    self._emulated = Emulated(COLUMNS, LINES)
                    after = b""
                self._feed(some)
                if not after and holds(self.text):
                    return (when - self.begun) * 1000
        raise Broken(f"never came; the screen is:\n{self.text}")

    def rest(self, seconds: float) -> None:
        """Read and emulate for so long."""
        ends = time.perf_counter() + seconds
        while (left := ends - time.perf_counter()) > 0:
            self._read(left)
        self._emulate()

    def press(self, key: str, quiet: float = 0.05) -> Paint:
        """Type a key; what comes until it has been quiet for so many seconds."""
        while self._read(0):  # what came by itself is not the key's
            pass
        self._emulate()
        pressed = time.perf_counter()
        os.write(self._ours, key.encode())
        if not self._read(GIVE_UP):
            raise Broken(f"{key!r} did nothing; the screen is:\n{self.text}")
        while self._read(quiet):
            if time.perf_counter() - pressed > GIVE_UP:
                raise Broken(f"{key!r} never came to rest")
        first, last = self._waiting[0][0], self._waiting[-1][0]
        count = sum(len(some) for _, some in self._waiting)
        return Paint((first - pressed) * 1000, (last - pressed) * 1000, count)

    def press_until(self, key: str, holds: Callable[[str], bool], within: float = GIVE_UP) -> float:
        """Type a key; milliseconds until the screen says so."""
        self._emulate()
        pressed = (time.perf_counter() - self.begun) * 1000
        os.write(self._ours, key.encode())
        return self.until(holds, within=within) - pressed

    def _read(self, seconds: float) -> bool:
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        try:
            some = os.read(self._ours, 65536)
        except OSError:
            some = b""
        if not some:
            self._emulate()
            raise Broken(f"it ended; the screen is:\n{self.text}")
        self._waiting.append((time.perf_counter(), some))
        return True

    def _emulate(self) -> None:
        for _, some in self._waiting:
            self._feed(some)
        self._waiting.clear()

    def _feed(self, some: bytes) -> None:
        self.driven = self.driven or DRIVER_STARTED in some
        self._emulated.feed(some)

    # --- what it costs ---

    def processor(self) -> float:
        """Milliseconds of processor time so far, all its threads."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    def resident(self) -> float:
        """Resident memory in MB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise Broken("it ended")
