"""A real desk over real files and a real server process."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from kit.case_world import session_of

from data.backends.native import NativeBackend
from data.ports_list import Sort, View
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies
from triage.sandbox.process import Running, start

OpenSession = Callable[..., Session]


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Running]:
    """One server for the tests that only add to it."""
    with start(accounts=120, seed=11) as running:
        yield running


def make_session(home: Path, url: str, token: str | None, **place: object) -> Session:
    """A session over `home` against `url`, as the command line makes it."""
    return Session(
        place=Place(url, "default", home / "state", home / "cache", "triage/test", **place),  # type: ignore[arg-type]
        policies=Policies(),
        clock=lambda: datetime.now(UTC),
        connect=NativeBackend,
        token=TokenBox(lambda: token, lambda kept: ""),
    )


@pytest.fixture
def open_session(tmp_path: Path, shared_server: Running) -> OpenSession:
    """Open a session on a home of this test's own; `role` picks the token."""

    def opened(role: str = "lead", home: str = "home", **place: object) -> Session:
        return make_session(tmp_path / home, shared_server.url, shared_server.tokens[role], **place)

    return opened


@pytest.fixture
def synced(open_session: OpenSession) -> Iterator[Desk]:
    """The lead's desk after one complete sync."""
    session = open_session()
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        yield desk


@pytest.fixture
def session_at() -> OpenSession:
    """`make_session` for tests with a server of their own."""
    return make_session


@pytest.fixture
def audit_of() -> Callable[[Running, str], list[dict[str, object]]]:
    """Read the server's audit trail of one account without the client."""
    return read_audit


def read_audit(server: Running, account_id: str) -> list[dict[str, object]]:
    """One page is enough for a test's account."""
    answer = httpx.get(
        f"{server.url}/v1/audit",
        params={"account_id": account_id, "limit": 1000},
        headers={"Authorization": f"Bearer {server.token}"},
    )
    entries: list[dict[str, object]] = answer.json()["entries"]
    return entries


@pytest.fixture(scope="module")
def case_world(tmp_path_factory):
    """A server of this module's own, whose file the tests change as a feed would."""
    db = tmp_path_factory.mktemp("sandbox") / "book.db"
    with start(accounts=90, seed=5, db=db) as running:
        yield running, db


@pytest.fixture(scope="module")
def calm(case_world, tmp_path_factory):
    """Ids of accounts without a case and not Red, each for one test."""
    session = session_of(case_world, tmp_path_factory.mktemp("looked"))
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        rows = [line.row for line in desk.open_list(View.BOOK, Sort.NAME, "").window(0, 500)]
        accounts = {row.id: desk.cache.account(row.id) for row in rows}
    return iter(
        row.id
        for row in rows
        if not row.red.is_red and row.red.step is None and not row.health.dropped
        and accounts[row.id].case is None and accounts[row.id].signals and accounts[row.id].csm
    )  # fmt: skip
