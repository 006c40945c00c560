"""A batch of a delta and its cursor are one transaction, whichever of its parts cannot be written."""

import sqlite3
from collections.abc import Callable

import pytest
from kit.each import each, written

from data.account import Tombstone
from data.backends.port import Item
from data.bulk import Judged
from data.cache import Cache

PARTS = {
    "account": "INSERT ON account",
    "verdict": "INSERT ON verdict",
    "tombstone": "INSERT ON tombstone",
    "cursor": "INSERT ON meta WHEN NEW.key = 'cursor'",
}


@pytest.mark.parametrize("part", PARTS)
def test_the_cursor_moves_only_with_its_batch(
    cache: Cache, book: Callable[[int], list[Item]], verdict: Callable[..., Judged], part: str
) -> None:
    first, second = book(20)[:10], book(20)[10:]
    written(cache, first, (), 10, each(verdict))
    cache.connection.execute(f"CREATE TRIGGER refuse BEFORE {PARTS[part]} BEGIN SELECT RAISE(ABORT, 'gone'); END")
    with pytest.raises(sqlite3.IntegrityError):
        written(cache, second, (Tombstone("acc_x", 21),), 20, each(verdict))
    assert (cache.cursor, cache.size()) == (10, 10)
    assert cache.connection.execute("SELECT count(*) FROM tombstone").fetchone()[0] == 0
    cache.connection.execute("DROP TRIGGER refuse")
    written(cache, second, (Tombstone("acc_x", 21),), 20, each(verdict))
    assert (cache.cursor, cache.size()) == (20, 20)
