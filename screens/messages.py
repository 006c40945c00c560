"""What the app has to say unasked: the gravest first, each until a key is pressed that can mean it was read."""

from collections import deque
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

READ_AFTER = 1.0  # seconds on the screen before a key may mean that it was read
KEPT = 200


class Gravity(IntEnum):
    """How grave a message is; notes answer a key and go with the next one."""

    NOTE = 0
    WARNING = 1
    ERROR = 2


class Said(NamedTuple):
    """A message and when it was said, UTC."""

    at: datetime
    text: str
    gravity: Gravity


class Messages:
    """The messages of this run. Times of reading are seconds of a clock that only goes forward."""

    def __init__(self) -> None:
        self.past: deque[Said] = deque(maxlen=KEPT)
        self._waiting: list[Said] = []
        self._shown: Said | None = None
        self._shown_at = 0.0

    def say(self, said: Said) -> None:
        """Take a message; what waits already is not said twice, notes only stand in the list of what was said."""
        if said.gravity is Gravity.NOTE:
            if not self.past or self.past[-1].text != said.text:
                self.past.append(said)
        elif all(one.text != said.text for one in self._waiting):
            self.past.append(said)
            self._waiting.append(said)

    def current(self, now: float) -> Said | None:
        """Return the gravest that nobody has read, of equals the first; from now on it counts as shown."""
        gravest = max(self._waiting, key=lambda one: one.gravity, default=None)
        if gravest is not self._shown:
            self._shown, self._shown_at = gravest, now
        return gravest

    @property
    def behind(self) -> int:
        """How many wait behind the one that is shown."""
        return max(0, len(self._waiting) - 1)

    def key(self, now: float) -> None:
        """A key was pressed: what has stood long enough has been read."""
        if self._shown is not None and now - self._shown_at >= READ_AFTER:
            self._waiting.remove(self._shown)
            self._shown = None

    def read_all(self) -> None:
        """All of them were shown in the list."""
        self._waiting.clear()
        self._shown = None
