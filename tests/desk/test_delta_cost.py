"""What a sync costs grows with what changed, not with the book: SQLite's steps and stored rows are counted, no time."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest
from kit.case_world import session_of

from data.cache import Cache
from data.packed import Packing
from triage.desk import Session, sync_once
from triage.desk.sync import lapsed
from triage.sandbox import store
from triage.sandbox.database import Database
from triage.sandbox.process import start

SMALL, LARGE = 120, 1200
CHANGED = 10
DECODED = 12  # stored values that a sync decodes which finds nothing; each account that changed is one more
EVERY = 10  # steps of SQLite's machine between two counts


class Counting(Session):
    """A session whose caches count statements, the steps that SQLite takes for them, and stored values decoded."""

    def open_cache(self) -> Cache:
        cache = Session.open_cache(self)
        cache.connection.set_progress_handler(lambda: cost.__setitem__("steps", cost["steps"] + EVERY), EVERY)
        cache.connection.set_trace_callback(lambda sql: cost.__setitem__("statements", cost["statements"] + 1))
        cache.packing = CountingPacking()
        return cache


class CountingPacking(Packing):
    """Counts what is unpacked, which everything decoded is."""

    def unpack(self, packed: bytes) -> bytes:
        cost["decoded"] += 1
        return super().unpack(packed)


cost = {"steps": 0, "statements": 0, "decoded": 0}


@contextmanager
def book(tmp_path_factory: pytest.TempPathFactory, accounts: int) -> Iterator[tuple[object, object, Session]]:
    """A server of so many accounts, and a session that is up to date with it."""
    root = tmp_path_factory.mktemp("book")
    with start(accounts=accounts, seed=7, db=root / "book.db") as running:
        plain = session_of((running, root / "book.db"), root / "home", read_only=True)
        session = Counting(**{name: getattr(plain, name) for name in plain.__struct_fields__})
        for _ in range(3):  # members come some at a time
            assert sync_once(session).error is None
        yield running, root / "book.db", session


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory):
    with book(tmp_path_factory, SMALL) as small, book(tmp_path_factory, LARGE) as large:
        yield small, large


def measured(world, changed: int) -> tuple[int, int, int, int]:
    """Accounts pulled, statements, steps and values decoded of a sync after so many in the middle have changed."""
    _, db, session = world
    with closing(Database(db)) as database, database.writing() as connection:
        ids = [
            row["id"] for row in connection.execute("SELECT id FROM accounts ORDER BY rowid LIMIT ?", (40 + changed,))
        ]
        for one in ids[40:]:
            account = store.get(connection, one)
            assert account is not None
            account["mrr"] = (account["mrr"] or 0) + 100
            store.put(connection, account, datetime.now(UTC))
    cost.update(steps=0, statements=0, decoded=0)
    done = sync_once(session)
    assert done.error is None
    return done.summary.pulled, cost["statements"], cost["steps"], cost["decoded"]


@pytest.mark.parametrize("changed", [0, CHANGED])
def test_a_delta_costs_the_same_in_a_book_ten_times_as_large(both, changed: int) -> None:
    small, large = (measured(world, changed) for world in both)
    assert small[0] == large[0] == changed
    assert large[1] <= 1.3 * small[1] and large[2] <= 1.3 * small[2], (small, large)
    assert large[3] <= DECODED + 2 * changed, (small, large)


def lapsed_again(world, rows: int) -> tuple[int, int, int]:
    """Verdicts made again, statements and steps of a look after so many verdicts have lapsed by time."""
    _, _, session = world
    with closing(Session.open_cache(session)) as cache, cache.writing():
        cache.connection.execute("UPDATE listing SET good_until = 1 WHERE number BETWEEN 41 AND ?", (40 + rows,))
    with closing(session.open_cache()) as cache:
        cost.update(steps=0, statements=0, decoded=0)
        return lapsed(session, cache), cost["statements"], cost["steps"]


@pytest.mark.parametrize("rows", [0, CHANGED])
def test_a_look_for_lapsed_verdicts_costs_what_has_lapsed(both, rows: int) -> None:
    small, large = (lapsed_again(world, rows) for world in both)
    assert small[0] == large[0] == rows
    assert large[1] <= 1.3 * small[1] and large[2] <= 1.3 * small[2], (small, large)


def test_more_changes_are_seen_by_the_count(both) -> None:
    nothing, some = measured(both[0], 0), measured(both[0], 3 * CHANGED)
    assert some[2] > 2 * nothing[2]
