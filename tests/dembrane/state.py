"""What the double is doing right now: its book, its rollup cache of 300 s, and how well its store is."""

import asyncio
import json
from datetime import datetime, timedelta

from dembrane import rollup, tokens
from dembrane.book import Book
from dembrane.clock import Clock
from dembrane.directus import Sessions

CACHE_SECONDS = 300


class State:
    """Shared by the routes; tests turn its switches through `Double`."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self.book, self.clock = book, clock
        self.sessions = Sessions(book, clock, tokens.Signer(b"a secret of the double's own, for tests only"))
        self.older = False
        self.plain_errors = False  # refuse tier values with text/plain
        self.degraded: frozenset[str] = frozenset()
        self.slow = 0.0  # seconds that each reading takes longer
        self.computed = 0  # rollups that were not answered from the cache
        self._cache: dict[int, tuple[datetime, bytes]] = {}
        self._together: asyncio.Barrier | None = None

    def view(self, month_offset: int = 0) -> rollup.View:
        """How the server sees its book."""
        return rollup.View(self.clock.now(), month_offset, self.older, self.degraded)

    def rollup(self, month_offset: int) -> bytes:
        """The rollup as JSON, up to 300 s old; nothing in it says so, nor that it is degraded."""
        now = self.clock.now()
        made, body = self._cache.get(month_offset, (now, b""))
        if not body or now - made >= timedelta(seconds=CACHE_SECONDS):
            body = json.dumps(rollup.rollup(self.book, self.view(month_offset))).encode()
            self._cache[month_offset] = (now, body)
            self.computed += 1
        return body

    def forget(self) -> None:
        """Clear the rollup cache, as every write but a change of tier or billing mode does."""
        self._cache.clear()

    def gather(self, writers: int) -> None:
        """Let the next `writers` tier changes all read before any of them writes."""
        self._together = asyncio.Barrier(writers)

    async def between_read_and_write(self) -> None:
        """Where parallel writers overtake each other: nothing checks what was read."""
        together = self._together
        if together is not None:
            if await together.wait() == 0:
                self._together = None
            return
        await asyncio.sleep(0)
