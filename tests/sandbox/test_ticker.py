"""--live: the trickle moves accounts by seq, and a day's end brings first the accounts, then complete_through."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from triage.sandbox import book, process, seed, store
from triage.sandbox.clock import Clock
from triage.sandbox.codec import loads
from triage.sandbox.service import Service
from triage.sandbox.ticker import Ticker

TODAY = datetime.now(UTC).date()


def noon(days: int = 0) -> Clock:
    """A clock that says noon of TODAY, or so many days later, even when the run goes past midnight."""
    wanted = datetime.combine(TODAY, time(12), UTC) + timedelta(days=days)
    return Clock((wanted - datetime.now(UTC)).total_seconds())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    path = tmp_path / "book.db"
    seed.write(path, book.generate(60, 7, TODAY), book.STAFF, TODAY)
    opened = Service.open(path, noon())
    yield opened
    opened.database.close()


def snapshot(service: Service) -> tuple[dict[str, store.Json], str | None]:
    with service.database.reading() as connection:
        accounts = [loads(body) for _, body in store.page(connection, 0, 1000)]
        return {one["id"]: one for one in accounts}, store.complete_through(connection)


def test_the_trickle_moves_seq_and_never_version(service: Service) -> None:
    before, through = snapshot(service)
    moved = Ticker(service, dice=random.Random(1)).trickle(40)
    after, through_now = snapshot(service)
    touched = {key for key in after if after[key] != before[key]}
    assert moved > 0
    assert 0 < len(touched) <= moved
    assert all(after[key]["seq"] > 60 for key in touched)
    assert all(one["version"] == 1 for one in after.values())
    assert through_now == through
    assert len({one["seq"] for one in after.values()}) == 60


def test_a_days_end_brings_its_accounts_and_then_complete_through(service: Service) -> None:
    ticker = Ticker(service, dice=random.Random(1))
    ticker.roll_days()
    before, through = snapshot(service)
    assert through == str(TODAY - timedelta(days=1))
    ticker.trickle(40)
    with service.database.reading() as connection:
        lived = {row["id"] for row in connection.execute("SELECT id FROM accounts WHERE today IS NOT NULL")}
    assert lived
    middle, _ = snapshot(service)
    service.clock = noon(1)
    ticker.roll_days()
    after, through = snapshot(service)
    assert date.fromisoformat(through or "") == TODAY
    rolled = {key for key in after if after[key]["seq"] != middle[key]["seq"]}
    assert rolled <= lived
    assert rolled
    for key in rolled:
        days = [one["hours_as_of"] for one in after[key]["workspaces"]]
        days += [(after[key]["admin_logins"] or {}).get("as_of"), (after[key]["signals"] or {}).get("as_of")]
        assert str(TODAY) in days
    with service.database.reading() as connection:
        assert connection.execute("SELECT count(*) AS n FROM accounts WHERE today IS NOT NULL").fetchone()["n"] == 0
    assert before.keys() == after.keys()


def test_complete_through_waits_for_the_last_account(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.sandbox.ticker._BATCH", 2)
    ticker = Ticker(service, dice=random.Random(1))
    ticker.trickle(40)
    yesterday = str(TODAY - timedelta(days=1))
    batches = 0
    while ticker._roll_batch(TODAY):
        batches += 1
        assert snapshot(service)[1] == yesterday
    assert batches > 1
    assert snapshot(service)[1] == str(TODAY)


def test_a_day_that_has_only_begun_is_not_rolled(service: Service) -> None:
    ticker = Ticker(service, dice=random.Random(1))
    ticker.trickle(40)
    before, _ = snapshot(service)
    assert not ticker._roll_batch(TODAY - timedelta(days=1))
    assert snapshot(service)[0] == before
    with service.database.reading() as connection:
        assert connection.execute("SELECT count(*) AS n FROM accounts WHERE today IS NOT NULL").fetchone()["n"] > 0


def test_a_live_server_gives_deltas_something_to_bring() -> None:
    import httpx

    with process.start(accounts=50, live=True) as running:
        headers = {"Authorization": f"Bearer {running.token}"}
        found: list[store.Json] = []
        deadline = datetime.now(UTC) + timedelta(seconds=30)
        while not found and datetime.now(UTC) < deadline:
            found = httpx.get(f"{running.url}/v1/accounts?after=50", headers=headers).json()["accounts"]
    assert found
