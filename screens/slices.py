"""One small thing after another, in slices of a few milliseconds, so that keys come in between."""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Generic, TypeVar

from textual.widget import Widget

Item = TypeVar("Item")
SLICE = 0.03  # seconds


class Slices(Generic[Item]):
    """Does `act` to each item, says after each slice how many are done, and at the end calls `done`, once.

    `act` returns False to end it early.
    """

    def __init__(
        self,
        owner: Widget,
        items: Iterable[Item],
        act: Callable[[Item], object],
        done: Callable[[], None],
        told: Callable[[int], None] = lambda number: None,
    ) -> None:
        self._owner, self._left, self._act, self._done, self._told = owner, iter(items), act, done, told
        self._number = 0
        self.over = False

    def start(self) -> None:
        """Do the first slice now: a few items are done at once."""
        self._slice()

    def stop(self) -> None:
        """Leave the rest undone, without calling `done`."""
        self.over = True

    def _slice(self) -> None:
        ends = monotonic() + SLICE
        while not self.over:
            for item in self._left:
                self._number += 1
                if self._act(item) is False:
                    self._end()
                break
            else:
                self._end()
            if monotonic() > ends and not self.over:
                self._told(self._number)
                self._owner.set_timer(0.001, self._slice)
                return

    def _end(self) -> None:
        self.over = True
        self._done()
