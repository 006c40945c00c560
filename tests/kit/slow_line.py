"""A slow line between a terminal and the program: so many bits a second, so long a way, and every byte counted."""

import os
import select
import time
from collections import deque

from kit.terminal import Terminal

BITS_A_BYTE = 10  # a start and a stop bit around each
STEP = 0.02  # seconds
ASKED, ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"  # "do frames appear at once?", "they can"


class SlowLine(Terminal):
    """A terminal at the far end of a line of `bits` a second, 0 for as fast as it goes, `delay` seconds each way.

    What the program has written and the line has not taken yet waits in the pty, as it would in a modem.
    """

    def __init__(
        self, argv: list[str], env: dict[str, str], bits: int = 0, delay: float = 0.0, size: tuple[int, int] = (80, 24)
    ) -> None:
        super().__init__(argv, env, size)
        self._bits, self._delay = bits, delay
        self._credit, self._last = 0.0, time.monotonic()
        self._down: deque[tuple[float, bytes]] = deque()
        self._up: deque[tuple[float, bytes]] = deque()
        self._asked = b""

    def keys(self, *keys: str) -> None:
        """Type, with the pause a person makes."""
        for key in keys:
            self._up.append((time.monotonic() + self._delay, key.encode()))
            self.read(0.06)

    def read(self, seconds: float) -> None:
        """Let the line work for a while."""
        ends = time.monotonic() + seconds
        while (now := time.monotonic()) < ends:
            while self._up and self._up[0][0] <= now:
                os.write(self._ours, self._up.popleft()[1])
            while self._down and self._down[0][0] <= now:
                self._arrive(self._down.popleft()[1])
            self._carry(now)
            wait = min(STEP, max(0.0, ends - now))
            select.select([] if self._bits else [self._ours], [], [], wait)

    def _carry(self, now: float) -> None:
        """Take from the program what the line can carry by now; an idle line saves nothing up."""
        self._credit += (now - self._last) * self._bits / BITS_A_BYTE
        self._last = now
        most = int(self._credit) if self._bits else 65536
        while most and select.select([self._ours], [], [], 0)[0]:
            try:
                some = os.read(self._ours, most)
            except OSError:
                return
            self._down.append((now + self._delay, some))
            self._credit -= len(some)
            most = int(self._credit) if self._bits else 0
        self._credit = min(self._credit, self._bits / BITS_A_BYTE * 0.1)

    def _arrive(self, some: bytes) -> None:
        self.take(some)
        self._asked = self._asked[1 - len(ASKED) :] + some
        if ASKED in self._asked:
            self._asked = b""
            self._up.append((time.monotonic() + self._delay, ANSWER))

    def quiet(self, still: float = 0.9) -> None:
        """Wait until nothing has come for a while (the pane follows 0.4 s after a key)."""
        while True:
            before = len(self.received)
            self.read(still)
            if len(self.received) == before and not self._down:
                return

    def spent(self, *keys: str) -> int:
        """Return the bytes that come for some keys, all that they cause included."""
        before = len(self.received)
        self.keys(*keys)
        self.quiet()
        return len(self.received) - before
