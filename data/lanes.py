"""Lanes: a few threads that carry requests side by side; whoever handed them over hears of each answer."""

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Ended(NamedTuple, Generic[Key, Answer]):
    """A request that is over."""

    key: Key
    answer: Answer


class _Died(NamedTuple):
    """A request that raised, which none should: the one who handed it over is to hear of it, not the thread."""

    error: BaseException


class Lanes(Generic[Key, Answer]):
    """Threads of our own, as many as were ever needed at once; daemons, so that quitting waits for no request."""

    def __init__(self) -> None:
        self.under_way = 0
        self._threads = 0
        self._jobs: queue.SimpleQueue[tuple[Key, Callable[[], Answer]] | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[Ended[Key, Answer] | _Died] = queue.SimpleQueue()

    def hand(self, key: Key, ask: Callable[[], Answer]) -> None:
        """Have `ask` called at once, beside what is under way."""
        self.under_way += 1
        if self._threads < self.under_way:
            self._threads += 1
            threading.Thread(name=f"triage-lane-{self._threads}", target=self._carry, daemon=True).start()
        self._jobs.put((key, ask))

    def ended(self) -> list[Ended[Key, Answer]]:
        """Wait until a request is over; return it and all that ended meanwhile. Raises what a request has raised."""
        found = [self._taken(self._ended.get())]
        while not self._ended.empty():
            found.append(self._taken(self._ended.get()))
        return found

    def close(self) -> None:
        """Let the threads end; nobody waits for what is under way."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _taken(self, ended: Ended[Key, Answer] | _Died) -> Ended[Key, Answer]:
        self.under_way -= 1
        if isinstance(ended, _Died):
            raise ended.error
        return ended

    def _carry(self) -> None:
        while (job := self._jobs.get()) is not None:
            key, ask = job
            with _Told(self._ended):
                self._ended.put(Ended(key, ask()))


class _Told:
    """Passes on what is raised inside to the other thread, of whatever kind it is."""

    def __init__(self, ended: "queue.SimpleQueue[Ended[Key, Answer] | _Died]") -> None:
        self._ended = ended

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self._ended.put(_Died(error))
        return True
