"""What runs beside the app: word from other threads, gathered; and the clock that re-assesses lapsed rows."""

import threading
from collections.abc import Callable
from time import monotonic

from data.errors import TriageError
from data.ports import Desk

BROADCASTS_A_SECOND = 4
REASSESS_EVERY = 30.0  # seconds


class Beside:
    """Daemon threads of our own. `post` is called from any thread, at most once until `taken` says it arrived."""

    def __init__(self, desk: Desk, post: Callable[[], object]) -> None:
        self._desk = desk
        self._post = post
        self._ended = threading.Event()
        self._hook_before = threading.excepthook
        self._posted = False
        self._taken_at = 0.0

    def start(self, crashed: Callable[[BaseException], None]) -> None:
        """Start the desk's threads and ours; an error nobody expected is handed to `crashed`, from its thread."""
        threading.excepthook = lambda args: self._crash(args.exc_value, crashed)
        self._desk.start(on_change=self.changed)
        threading.Thread(target=self._reassess, name="reassess", daemon=True).start()

    def end(self) -> None:
        """Never wait for anything: all that matters is on disk."""
        self._ended.set()
        threading.excepthook = self._hook_before

    def changed(self) -> None:
        """Something may look different; several calls before the app gets to it count as one."""
        if self._posted or self._ended.is_set():
            return
        self._posted = True
        try:
            self._post()
        except RuntimeError:  # the loop has just ended
            self._ended.set()

    def too_soon(self) -> float:
        """Return the seconds to wait before the screens may be told again, 0 or less when they may be told now."""
        return self._taken_at + 1 / BROADCASTS_A_SECOND - monotonic()

    def taken(self) -> None:
        """The screens are being told."""
        self._posted, self._taken_at = False, monotonic()

    def _reassess(self) -> None:
        while not self._ended.wait(REASSESS_EVERY):
            try:
                changed = self._desk.reassess()
            except TriageError:
                continue  # the next round tries again; the sync threads report what is wrong
            if changed:
                self.changed()

    def _crash(self, error: BaseException | None, crashed: Callable[[BaseException], None]) -> None:
        if isinstance(error, Exception) and not self._ended.is_set():
            crashed(error)
