"""A delta judges again only what changed or expired, and nothing twice."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from kit.case_world import session_of

from data.cache import Assess, Cache
from triage.desk import Session, sync_once
from triage.desk import sync as rounds
from triage.sandbox import store
from triage.sandbox.database import Database
from triage.sandbox.process import start

ACCOUNTS = 90


class Counting(Session):
    """A session that writes down whom it judged."""

    def assess_for(self, cache: Cache) -> Callable[[date | None], Assess]:
        inner = Session.assess_for(self, cache)

        def assess_on(through: date | None) -> Assess:
            judged = inner(through)

            def assess(some):
                seen.extend(account.id for account, _, _ in some)
                return judged(some)

            return assess

        return assess_on


seen: list[str] = []


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    db = tmp_path_factory.mktemp("sandbox") / "book.db"
    with start(accounts=ACCOUNTS, seed=7, db=db) as running:
        yield running, db


def counting(world, home, ahead=timedelta(0)):
    plain = session_of(world, home, ahead=ahead, read_only=True)
    seen.clear()
    return Counting(plain.place, plain.policies, plain.clock, plain.connect, plain.token)


def rows(session):
    with closing(session.open_cache()) as cache:
        names = [found for (found,) in cache.all("SELECT id FROM account")]
        return {name: cache.row(name) for name in names}


def touch(world, *ids):
    def work(connection):
        for one in ids:
            store.put(connection, store.get(connection, one), datetime.now(UTC))

    with Database(world[1]).writing() as connection:
        work(connection)


def test_P0_a_delta_judges_what_changed_and_what_expired_and_nothing_else(world, tmp_path):
    session = counting(world, tmp_path)
    assert sync_once(session).error is None
    first = list(seen)
    assert len(first) >= ACCOUNTS and len(set(first)) == ACCOUNTS
    assert max(map(first.count, first)) <= 2, "only what awaited the walk over the book is judged again"
    stood = rows(session)
    young = {name for name, row in stood.items() if row.monitor.watched and not row.monitor.mature}
    assert {name for name in first if first.count(name) == 2} >= young
    seen.clear()
    assert sync_once(session).error is None
    assert seen == []
    changed = sorted(stood)[:3]
    touch(world, *changed)
    assert sync_once(session).error is None
    assert sorted(seen) == changed
    ahead = timedelta(minutes=90)  # a shown projection is looked at within the hour
    later = counting(world, tmp_path, ahead)
    then = datetime.now(UTC) + ahead
    expired = {name for name, row in rows(later).items() if row.good_until is not None and row.good_until <= then}
    assert 0 < len(expired) < ACCOUNTS
    touch(world, *changed)
    assert sync_once(later).error is None
    assert set(seen) == expired | set(changed)
    assert len(seen) <= len(expired) + len(changed)


def test_M5_young_accounts_of_a_book_nobody_looked_over_are_judged_once_a_round(world, tmp_path, monkeypatch):
    session = counting(world, tmp_path)
    assert sync_once(session).error is None
    with closing(session.open_cache()) as cache:
        with cache.writing():
            cache.put(book_context=None, synced_at=None)  # as an interrupted first sync leaves it
        monkeypatch.setattr(rounds, "LAPSED_AT_ONCE", 1)
        cache.reassess(cache.accounts_of(list(rows(session))), session.assess_for(cache)(cache.complete_through))
        young = {name for name, row in rows(session).items() if row.monitor.watched and not row.monitor.mature}
        assert young
        seen.clear()
        assert rounds.lapsed(session, cache) == len(seen)
        assert len(seen) == len(set(seen))
        assert set(seen) >= young
