"""Typing while a full sync runs in the same program: p99 of the time from a key to what it shows."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from figures import Row, percentile, ratio
from rows_list import whole_book
from screen import Broken, Program
from world import Site, site

GROUP = "live"
PAUSE = 0.03  # seconds between two keys
IDLE_KEYS = 400
LONGEST = 600.0
REST = 5.0  # what a sync leaves to do
ANOTHER = "of-another-server"


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """The one row; the server's history is another one than the cache's, so everything is fetched anew."""
    with site(accounts) as made, tempfile.TemporaryDirectory() as folder:
        scratch = replace(made, home=Path(folder) / "home")
        shutil.copytree(made.home, scratch.home)
        with closing(sqlite3.connect(scratch.cache)) as cache, cache:
            cache.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (ANOTHER,))
        with whole_book(scratch) as program:
            during = typed(program, lambda: _epoch(scratch) == ANOTHER)
            program.rest(REST)
            if not during:
                raise Broken("the sync was over before a key could be typed: take more accounts")
            calm = typed(program, times(IDLE_KEYS))
    what, versus = f"key to its effect during a full sync, p99 of {len(during)} keys", "the same without a sync"
    worst = [percentile(during, 0.99)], [percentile(calm, 0.99)]
    beside = (middle(during), middle(calm))
    yield ratio(GROUP, accounts, what, versus, 3.0, *worst, beside=beside)


def typed(program: Program, goes_on: Callable[[], bool]) -> list[float]:
    """Milliseconds from each key until the position on the screen is the next one."""
    taken: list[float] = []
    program.press_until("g", partial(_stands_at, 1))
    ends = time.monotonic() + LONGEST
    while goes_on():
        if time.monotonic() > ends:
            raise Broken("the sync did not end")
        at = len(taken) % 20
        key, then = ("j", at % 10 + 2) if at < 10 else ("k", 10 - at % 10)
        taken.append(program.press_until(key, partial(_stands_at, then)))
        program.rest(PAUSE)
    return taken


def _stands_at(position: int, text: str) -> bool:
    return f" {position} of " in text


def times(count: int) -> Callable[[], bool]:
    """True so many times."""
    left = iter(range(count))
    return lambda: next(left, None) is not None


def _epoch(made: Site) -> str:
    with closing(sqlite3.connect(made.cache)) as cache:
        return str(cache.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])


def middle(values: list[float]) -> str:
    """The median as an addition to a cell."""
    return f", median {sorted(values)[len(values) // 2]:.1f} ms"
