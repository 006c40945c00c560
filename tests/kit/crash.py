"""Crashes in process: at the k-th step the home is copied as it lies on the disk, and the run dies.

Whatever the dying run still does (a rollback, a released lock) happens to the home it leaves behind; recovery goes on
from the copy, as after a real crash.
"""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Crash(BaseException):
    """The process dies here; no `except Exception` may catch it."""


# Also reported while a generator is collected, where nothing can be raised.
_ABANDONED = ".receive_response_body.failed"
# Steps that neither disk nor wire can tell from the one before.
_SAME = (".started", ": before BEGIN", ": after BEGIN", ".response_closed.complete")
# Between the two the file is half written; a crash there is not of our making, and no request of a lane may cause one.
_WRITES, _WRITTEN = (": before COMMIT", ": before ROLLBACK"), (": after COMMIT", ": after ROLLBACK")
# What a dead process does no more, in whichever of its threads: the others hear of the crash only later.
_FORWARD = (": before BEGIN", ": before COMMIT", "connect_tcp.started", "send_request_headers.started")


class Bomb:
    """Counts steps and goes off at number `at` (0: never), leaving the home behind in `copy`.

    Steps that differ from their neighbour in the memory of the process only are counted with `every`. Requests go
    side by side, so steps come from several threads: one at a time, and none while a commit is being written.
    """

    def __init__(self, at: int, home: Path, copy: Path, *, every: bool = False) -> None:
        self.at, self.home, self.copy, self.every = at, home, copy, every
        self.steps: list[str] = []
        self.blown, self._blown_in = False, 0
        self._still = threading.RLock()
        self._writes = False

    def __call__(self, step: str) -> None:
        """One step; those of the unwinding after the crash are not counted."""
        with self._still:
            if self.blown and threading.get_ident() != self._blown_in and step.endswith(_FORWARD):
                raise Crash(f"dead since {self.at}: {step}")
            if step.endswith(_WRITTEN) and self._writes:
                self._writes = False
                self._still.release()
            self._count(step)
            if step.endswith(_WRITES) and not self._writes:
                self._writes = self._still.acquire()

    def _count(self, step: str) -> None:
        if self.blown or step.endswith(_ABANDONED) or (not self.every and step.endswith(_SAME)):
            return
        self.steps.append(step)
        if len(self.steps) == self.at:
            self.blown, self._blown_in = True, threading.get_ident()
            shutil.copytree(self.home, self.copy)
            raise Crash(f"{self.at}: {step}")

    @property
    def left(self) -> Path:
        """The home to go on from."""
        return self.copy if self.blown else self.home


@contextmanager
def homes() -> Iterator[Path]:
    """A directory for the homes of a sweep; in memory where possible, as a crash in process needs no real disk."""
    memory = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="triage-crash-", dir=memory if memory.is_dir() else None))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)
