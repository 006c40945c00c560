"""Judging a pull's accounts ahead of what is written, in order, by a crew in processes of its own."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import date

from data.backends.port import Batch
from data.bulk import Assess, Crew, Done
from data.cache import Cache
from data.errors import TriageError

AssessFor = Callable[[date | None], Assess]


def ahead(
    source: Iterator[Batch],
    cache: Cache,
    call: Callable[[], Crew] | None,
    assess_for: AssessFor,
    day: Callable[[Batch], date | None],
) -> Iterator[tuple[Batch, Callable[[], Done]]]:
    """Yield batches in order, each with what tells its judged accounts; `day` gives a batch's feed date.

    Decoded batches are judged here when asked for; a few undecoded ones at a time by the crew that `call` makes. What
    came before the stream broke is yielded before its error is raised.
    """
    waiting: deque[Batch] = deque()
    crew: Crew | None = None
    failed: TriageError | None = None
    try:
        while True:
            try:
                batch = next(source, None)
            except TriageError as error:
                batch, failed = None, error
            if batch is None:
                break
            if call is None or not (batch.lines or waiting):
                yield batch, _here(batch, cache, assess_for, day)
                continue
            crew = crew or call()
            ready = (waiting.popleft(), crew.take()) if len(waiting) == crew.room else None
            crew.give(cache.chunk_of(batch.lines), day(batch))
            waiting.append(batch)
            if ready:
                yield ready[0], _told(ready[1])
        while crew and waiting:
            yield waiting.popleft(), crew.take
    finally:
        if crew is not None:
            crew.close()
    if failed is not None:
        raise failed


def _here(batch: Batch, cache: Cache, assess_for: AssessFor, day: Callable[[Batch], date | None]) -> Callable[[], Done]:
    return lambda: Done(cache.made_of(batch.items, assess_for(day(batch))))


def _told(done: Done) -> Callable[[], Done]:
    return lambda: done
