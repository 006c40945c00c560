"""The journey from a real sandbox over real HTTP into a real cache."""

import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from kit.each import each

from data import schema
from data.account import Account
from data.assessment import Touch
from data.backends.native import NativeBackend
from data.bulk import Judged
from data.cache import Assess, Cache
from data.errors import Busy, Offline, SuspiciousSync, WrongBackend
from data.health_book import Past
from data.locks import pull_lock
from data.ports_list import View
from data.pull import Pulled, pull, reassess_lapsed
from triage.policy import load_policy
from triage.rules.assess import assess as at_risk
from triage.sandbox import process, store
from triage.sandbox.database import Database

ROOT = Path(schema.__file__).parent.parent
POLICY = load_policy()
ACCOUNTS = 60


def utc() -> datetime:
    return datetime.now(UTC)


def assess_for(through: date | None, seen: list[str] | None = None) -> Assess:
    now = utc()

    def assess(account: Account, touches: Sequence[Touch], past: Past | None) -> Judged:
        if seen is not None:
            seen.append(account.id)
        return at_risk(account, touches, POLICY, now, through), None

    return each(assess)


class Place:
    """A sandbox over a file of its own that tests may change beneath it, and a cache that pulls from it."""

    def __init__(self, root: Path, accounts: int = ACCOUNTS, faults: str | None = None) -> None:
        self.db = root / "server.db"
        self.server = process.start(accounts=accounts, seed=7, db=self.db, faults=faults)
        self.home = root / "home"

    def restart(self, db: Path | None = None, accounts: int = ACCOUNTS, faults: str | None = None) -> None:
        """Come back on the same port, maybe with another book."""
        port = int(self.server.url.rsplit(":", 1)[1])
        self.server.stop()
        self.db = db or self.db
        self.server = process.start(accounts=accounts, seed=8, db=self.db, port=port, faults=faults)

    def cache(self) -> Cache:
        return Cache.open(self.home, self.server.url)

    def pull(self, **options: Any) -> Pulled:
        with closing(self.cache()) as cache, closing(NativeBackend(self.server.url, self.server.token)) as backend:
            return pull(backend, cache, options.pop("assess_for", assess_for), utc(), **options)

    def served(self) -> dict[str, bytes]:
        """What the server has, read independently: id to canonical JSON."""
        headers = {"Authorization": f"Bearer {self.server.token}"}
        page = httpx.get(f"{self.server.url}/v1/accounts", params={"limit": 1000}, headers=headers).json()
        return {one["id"]: canonical(one) for one in page["accounts"] if not one["deleted"]}

    def cached(self) -> dict[str, bytes]:
        with closing(self.cache()) as cache:
            found = cache.all("SELECT id, payload FROM account")
            return {key: canonical(json.loads(cache.packing.unpack(payload))) for key, payload in found}

    def change(self, work: Callable[[Any], None]) -> None:
        """Change the server's book in one transaction of its own file."""
        with Database(self.db).writing() as connection:
            work(connection)

    def touch(self, *ids: str) -> None:
        def work(connection: Any) -> None:
            for one in ids:
                account = store.get(connection, one)
                assert account is not None
                store.put(connection, account, utc())

        self.change(work)

    def remove(self, ids: Sequence[str]) -> None:
        self.change(lambda connection: store.remove(connection, ids))


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def write(place: Place, body: dict[str, Any]) -> None:
    """Another operator writes a record."""
    headers = {"Authorization": f"Bearer {place.server.tokens['agent']}", "Idempotency-Key": body["change_id"]}
    audit: dict[str, Any] = {
        "reason": None,
        "authored_at": utc().isoformat(),
        "client": "test",
        "shown_before": {},
        "acknowledged": [],
    }
    whole = {"workspace_id": None, "dedupe_key": None, "audit": audit, **body}
    answer = httpx.post(f"{place.server.url}/v1/changes", json=whole, headers=headers)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.server.stop()


def test_a_first_sync_brings_the_book_the_trail_and_members(place: Place) -> None:
    counts: list[int] = []
    done = place.pull(progress=counts.append)
    assert (done.pulled, done.removed, done.full, done.complete, done.audit_problem) == (ACCOUNTS, 0, True, True, None)
    assert counts[-1] == ACCOUNTS
    assert place.cached() == place.served()
    with closing(place.cache()) as cache:
        assert cache.complete_through == utc().date() - timedelta(days=1)
        assert cache.synced_at is not None
        headers = {"Authorization": f"Bearer {place.server.token}"}
        head = httpx.get(f"{place.server.url}/v1/audit/head", headers=headers).json()
        assert cache.audit_head() == (head["seq"], head["hash"])
        listed = cache.first(View.AT_RISK)
        assert listed
        for row in listed:
            assert all(cache.members(space.id) for space in row.workspaces)
        assert cache.workspaces_without_members(utc() - timedelta(days=1), 100) == []


def test_a_delta_brings_only_what_changed_and_assesses_only_that(place: Place) -> None:
    place.pull()
    ids = sorted(place.served())
    place.touch(*ids[:3])
    place.remove(ids[3:8])
    seen: list[str] = []
    done = place.pull(assess_for=lambda through: assess_for(through, seen))
    assert (done.pulled, done.removed, done.full) == (3, 5, False)
    assert sorted(set(seen)) == ids[:3]
    assert place.cached() == place.served()
    assert place.pull() == Pulled(0, 0, False, done.epoch, True, None)


def test_A16_another_operators_contact_reaches_the_verdict(place: Place) -> None:
    place.pull()
    with closing(place.cache()) as cache:
        row = next(row for row in cache.first(View.AT_RISK) if row.since and not row.handled)
    change = {"change_id": "0b0e8f0a-7f5d-4b43-9f4e-6a1f6f0c7b11", "account_id": row.id, "kind": "log_contact"}
    write(place, {**change, "params": {"channel": "phone", "outcome": "reached", "note": "talked"}})
    place.pull()
    with closing(place.cache()) as cache:
        after = cache.row(row.id)
        assert after is not None
        assert after.handled is not None
        assert after.handled.kind == "log_contact"


def test_removing_more_than_a_fifth_stops_and_waits_for_yes(place: Place) -> None:
    place.pull()
    before = place.cached()
    synced = Cache.open(place.home, None)
    at = synced.synced_at
    ids = sorted(before)
    place.touch(ids[-1])
    place.remove(ids[:13])
    for _ in range(2):
        with pytest.raises(SuspiciousSync, match="13 of 60"):
            place.pull()
        assert place.cached().keys() == before.keys()
        assert synced.synced_at == at
    assert synced.seq(ids[-1]) == json.loads(place.served()[ids[-1]])["seq"]
    done = place.pull(yes=True)
    assert done.removed == 13
    assert place.cached() == place.served()
    synced.close()


def test_a_fifth_may_go_without_asking(place: Place) -> None:
    place.pull()
    place.remove(sorted(place.served())[:12])
    assert place.pull().removed == 12


def test_a_full_sync_replaces_the_book_and_keeps_the_numbers(place: Place) -> None:
    place.pull()
    ids = sorted(place.served())
    with closing(place.cache()) as cache:
        numbers = {one: cache.number(one) for one in ids}
        cache.connection.execute("UPDATE account SET payload = '{}', seq = 1")
        cache.connection.execute("DELETE FROM account WHERE id = ?", (ids[5],))
    place.remove(ids[:4])
    for _ in range(2):  # the second has to get by with the names of the first
        done = place.pull(full=True)
        assert done.full
        assert place.cached() == place.served()
    with closing(place.cache()) as cache:
        assert {one: cache.number(one) for one in ids[6:]} == {one: numbers[one] for one in ids[6:]}
        assert cache.counts().book == len(cache.ids(View.BOOK)) == ACCOUNTS - 4
        tables = {found[0] for found in cache.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert not any(name.startswith(("new_", "old_")) for name in tables)
        indexes = {found[0] for found in cache.all("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE INDEX%'")}
        assert len(indexes) == schema.CACHE_SQL.count("CREATE INDEX")


def test_a_full_sync_that_would_lose_a_fifth_asks_too(place: Place) -> None:
    place.pull()
    before = place.cached()
    place.remove(sorted(before)[:20])
    with pytest.raises(SuspiciousSync, match="20 of 60"):
        place.pull(full=True)
    assert place.cached() == before
    assert place.pull(full=True, yes=True).removed == 20
    assert place.cached() == place.served()


def test_a_full_sync_keeps_what_a_push_made_newer_meanwhile(place: Place) -> None:
    place.pull()
    one = sorted(place.served())[0]

    def pushed(_count: int) -> None:
        with closing(place.cache()) as cache:
            account = json.loads(
                cache.packing.unpack(cache.all("SELECT payload FROM account WHERE id = ?", (one,))[0][0])
            )
            newer = canonical({**account, "seq": 10**6, "name": "Newer by a push"})
            cache.connection.execute("UPDATE account SET seq = 1000000, payload = ? WHERE id = ?", (newer, one))

    place.pull(full=True, progress=pushed)
    assert json.loads(place.cached()[one])["name"] == "Newer by a push"
    with closing(place.cache()) as cache:
        assert cache.counts().book == ACCOUNTS
    place.pull(full=True)  # whereas what was newer before is of a history that the server no longer has
    assert place.cached() == place.served()


def test_a_server_restored_from_an_old_copy_is_fetched_anew(place: Place, tmp_path: Path) -> None:
    place.server.stop()
    old = shutil.copy(place.db, tmp_path / "old.db")
    place.restart()
    one, two, three = sorted(place.served())[:3]
    place.touch(one, two)
    write(place, {"change_id": str(uuid.uuid4()), "account_id": one, "kind": "note", "params": {"text": "Lost later"}})
    place.pull()
    with closing(place.cache()) as cache:
        held = cache.audit_after
    place.restart(db=Path(old))  # the same epoch, as a careless restore leaves it
    place.touch(three)
    assert place.pull().full
    assert place.cached() == place.served()
    with closing(place.cache()) as cache:
        assert cache.audit_after == held - 1 and cache.book_since is not None
    assert not place.pull().full


def test_a_new_epoch_starts_over_through_the_shadow_and_takes_the_new_trail(place: Place, tmp_path: Path) -> None:
    place.pull()
    before = place.cached()
    place.restart(db=tmp_path / "second.db", accounts=50)
    with pytest.raises(SuspiciousSync):  # hardly an id survives
        place.pull()
    assert place.cached() == before
    done = place.pull(yes=True)
    assert done.full
    assert place.cached() == place.served()
    with closing(place.cache()) as cache:
        assert cache.epoch == done.epoch
        headers = {"Authorization": f"Bearer {place.server.token}"}
        head = httpx.get(f"{place.server.url}/v1/audit/head", headers=headers).json()
        assert cache.audit_head() == (head["seq"], head["hash"])
        assert (cache.audit_problem, done.audit_problem) == (None, None)
    assert not place.pull().full


def cut_after(page_requests: int) -> str:
    """Faults that let some requests for accounts pass whole and cut the next in the middle."""
    for number in range(10_000):
        dice = Random(number)
        if [dice.random() < 0.5 for _ in range(page_requests + 1)] == [False] * page_requests + [True]:
            return f"truncate=0.5:0.6,seed={number},path=/v1/accounts"
    raise AssertionError


def test_a_cut_first_sync_keeps_what_came_and_goes_on_from_there(tmp_path: Path) -> None:
    place = Place(tmp_path, accounts=900, faults=cut_after(1))
    with pytest.raises(Offline):
        place.pull()
    with closing(place.cache()) as cache:
        there = cache.size()
        assert 0 < there < 900
        assert cache.synced_at is None
        assert cache.complete_through is None
    place.restart()
    done = place.pull()
    assert done.pulled == 900 - there
    with closing(place.cache()) as cache:
        assert cache.synced_at is not None
        assert cache.counts().book == cache.all("SELECT count(*) FROM account")[0][0] == 900
    place.server.stop()


def test_a_cut_refresh_leaves_the_book_alone_and_goes_on_from_there(tmp_path: Path) -> None:
    place = Place(tmp_path, accounts=900)
    place.pull()
    before = place.cached()
    place.change(lambda connection: connection.execute("UPDATE meta SET value = 'epoch-2' WHERE key = 'epoch'"))
    place.restart(
        faults=cut_after(2)
    )  # the delta sees the new epoch, the refresh asks for its first page, then the cut
    with pytest.raises(Offline):
        place.pull()
    assert place.cached() == before
    with closing(place.cache()) as cache:
        assert cache.shadow_cursor() is not None
        there = cache.all("SELECT count(*) FROM new_account")[0][0]
        assert 0 < there < 900
        stamp = cache.epoch
    place.restart()
    done = place.pull()
    assert (done.pulled, done.full, done.removed) == (900 - there, True, 0)
    with closing(place.cache()) as cache:
        assert cache.epoch == "epoch-2" != stamp
        assert cache.counts().book == 900
    assert place.cached() == before
    place.server.stop()


def test_another_process_that_pulls_makes_us_go_on_without(place: Place) -> None:
    code = (
        "import sys; from pathlib import Path; from data.locks import pull_lock; "
        "lock = pull_lock(Path(sys.argv[1])); print(lock.try_acquire(), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(place.home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with pytest.raises(Busy):
            place.pull()
        other.kill()
    assert place.pull().pulled == ACCOUNTS
    with pull_lock(place.home) as free:
        assert free.held


def test_only_the_first_page_of_another_backend_replaces_the_book(place: Place, tmp_path: Path) -> None:
    place.pull()
    before = place.cached()
    with process.start(accounts=20, seed=9) as second, closing(Cache.open(place.home, second.url)) as cache:
        with pytest.raises(WrongBackend):
            cache.counts()
        with closing(NativeBackend("http://127.0.0.1:9", "token")) as nobody, pytest.raises(Offline):
            pull(nobody, cache, assess_for, utc())
        assert place.cached() == before
        with closing(NativeBackend(second.url, second.token)) as backend:
            assert pull(backend, cache, assess_for, utc()).pulled == 20
        assert cache.counts().book == 20
        assert cache.audit_problem is None
        with closing(Cache.open(place.home, place.server.url)) as old, pytest.raises(WrongBackend):
            old.ids(View.BOOK)


def test_a_raised_feed_date_lapses_verdicts_and_only_those(place: Place) -> None:
    place.pull()
    today = utc().date()
    place.change(lambda connection: store.raise_complete_through(connection, today.isoformat()))
    done = place.pull()
    assert done.pulled == 0
    seen: list[str] = []
    with closing(place.cache()) as cache:
        assert cache.complete_through == today

        def again(limit: int) -> int:
            return reassess_lapsed(cache, lambda through: assess_for(through, seen), utc(), POLICY.version, limit)

        assert (again(40), again(40), again(40)) == (40, 20, 0)
        assert len(set(seen)) == ACCOUNTS
        assert {row.day for row in cache.rows(cache.ids(View.BOOK))} == {today}


def test_a_trail_that_was_rewritten_is_reported_and_fails_nothing(place: Place) -> None:
    place.pull()
    with closing(place.cache()) as cache:
        last = cache.audit_after
        assert last > 2
        cache.connection.execute("DELETE FROM audit WHERE seq = ?", (last,))
        cache.connection.execute("UPDATE audit SET hash = ? WHERE seq = ?", ("f" * 64, last - 1))
        cache.put(audit_after=last - 1)
    done = place.pull()
    assert done.complete
    assert done.audit_problem is not None
    assert "rewritten" in done.audit_problem
    with closing(place.cache()) as cache:
        assert cache.audit_problem == done.audit_problem


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/workspaces"])
@pytest.mark.parametrize("status", [404, 403, 503])
def test_what_comes_along_never_fails_the_accounts(tmp_path: Path, path: str, status: int) -> None:
    place = Place(tmp_path, faults=f"error=1:{status},path={path}")
    if path == "/v1/audit" and status == 503:
        with pytest.raises(Offline):
            place.pull()
    else:
        done = place.pull()
        assert done.complete
        assert (done.audit_problem is None) == (path != "/v1/audit")
    assert place.cached() == place.served()
    with closing(place.cache()) as cache:
        assert cache.synced_at is not None
        due = cache.workspaces_without_members(utc() - timedelta(days=1), 100)
        assert bool(due) == (status == 503)  # a refusal is not asked about again for a day
    if status == 503:
        place.restart()
        assert place.pull().audit_problem is None
        with closing(place.cache()) as cache:
            assert cache.audit_after > 0
            assert cache.workspaces_without_members(utc() - timedelta(days=1), 100) == []
    place.server.stop()


def test_a_begun_first_sync_starts_over_when_the_server_does(tmp_path: Path) -> None:
    place = Place(tmp_path, accounts=900, faults=cut_after(1))
    with pytest.raises(Offline):
        place.pull()
    place.restart(db=tmp_path / "second.db", accounts=30)
    done = place.pull()
    assert (done.pulled, done.full) == (30, True)
    assert place.cached() == place.served()
    place.server.stop()
