"""The app's sync threads: an outbox that empties by itself when the link returns, and an end that waits for nobody."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from data.ports_list import Link, Sort, View
from data.remedy import Order, State
from triage.desk import Desk, sync_once
from triage.sandbox.process import start

REASON = "Board meeting tonight, agreed with their admin"


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Wait until something holds; the limit only ends a broken run."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_capped(desk: Desk) -> str:
    for line in desk.open_list(View.AT_RISK, Sort.SEVERITY, "").window(0, 200):
        if line.row.workspaces and (line.row.workspaces[0].used or 0) > 0 and not line.row.handled:
            return line.row.id
    raise AssertionError("the book has no capped account")


def used(desk: Desk, account_id: str) -> dict[str, float | None]:
    """Hours used by workspace, as the cache has them."""
    return {workspace.id: workspace.hours_used for workspace in desk.detail(account_id).account.workspaces}


def test_the_queue_empties_by_itself_when_the_link_returns(tmp_path: Path, session_at, audit_of) -> None:
    port, db = free_port(), tmp_path / "server.db"
    server = start(accounts=60, seed=3, db=db, port=port)
    session = session_at(tmp_path / "home", server.url, server.token, sync_every=0.5, hold_seconds=0.2)
    assert sync_once(session).error is None
    server.kill()
    with closing(Desk.open(session)) as desk:
        told = threading.Event()
        desk.start(told.set)
        account = first_capped(desk)
        workspace = desk.detail(account).row.workspaces[0].id
        change = desk.submit(Order("reset_usage", account, workspace, {}, REASON))
        assert change.state is State.HELD
        assert eventually(lambda: desk.header().status.link is Link.OFFLINE)
        assert desk.header().outbox.waiting == 1
        with start(accounts=60, seed=3, db=db, port=port) as server:
            assert eventually(lambda: desk.box.get(change.change_id).state is State.APPLIED, 90)
            assert eventually(lambda: desk.header().status.link is Link.FINE)
            assert [entry["reason"] for entry in audit_of(server, account)].count(REASON) == 1
            assert told.is_set()
        assert desk.stop() == 0


def test_quitting_never_waits_for_a_stalled_server(tmp_path: Path) -> None:
    """A server that accepts and says nothing: the process ends all the same while a request is under way."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        program = f"""
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from data.backends.native import NativeBackend
from triage.desk import Desk, Place, Session, TokenBox
from triage.desk.policies import Policies
home = Path({str(tmp_path)!r})
session = Session(place=Place({url!r}, "default", home / "s", home / "c", "t"), policies=Policies(),
    clock=lambda: datetime.now(UTC), connect=NativeBackend, token=TokenBox(lambda: "token", lambda t: None))
desk = Desk.open(session)
desk.start(lambda: None)
print("started", flush=True)
sys.stdin.readline()
print(desk.stop(), flush=True)
"""
        child = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None and child.stdin is not None
        assert child.stdout.readline() == "started\n"
        silent.settimeout(20)
        under_way, _ = silent.accept()
        assert under_way.recv(10)
        child.stdin.write("quit\n")
        child.stdin.flush()
        assert child.wait(5) == 0  # the client's own time-outs are longer
        under_way.close()


def test_signed_out_pauses_and_signing_in_goes_on(tmp_path: Path, session_at) -> None:
    with start(accounts=60, seed=3) as server:
        session = session_at(tmp_path / "home", server.url, "wrong-token", sync_every=0.5)
        with closing(Desk.open(session)) as desk:
            desk.start(lambda: None)
            assert eventually(lambda: desk.header().status.link is Link.SIGNED_OUT)
            assert desk.sign_in(server.tokens["agent"], keep=False)[0].name == "Tom Reyes"
            assert eventually(lambda: desk.header().synced_at is not None)
            assert desk.header().who is not None and desk.header().counts.book == 60
            desk.stop()


def test_a_restored_server_is_said_and_nothing_of_its_lost_history_stays(tmp_path: Path, session_at) -> None:
    """The trail lost its end: every sync says so, verify and audit screen too; the lost change is pending no more."""
    port, db = free_port(), tmp_path / "server.db"
    with start(accounts=60, seed=3, db=db, port=port) as server:
        session = session_at(tmp_path / "home", server.url, server.token, sync_every=0.2)
    old = shutil.copy(db, tmp_path / "old.db")
    with start(accounts=60, seed=3, db=db, port=port), closing(Desk.open(session)) as desk:
        assert sync_once(session).error is None
        account = first_capped(desk)
        usage, workspace = used(desk, account), desk.detail(account).row.workspaces[0].id
        desk.submit(Order("reset_usage", account, workspace, {}, REASON), hold=False)
        assert sync_once(session).summary.pushed == 1
        assert desk.verify_audit().ok and used(desk, account)[workspace] == 0
    with start(accounts=60, seed=3, db=Path(old), port=port), closing(Desk.open(session)) as desk:
        first, second = sync_once(session), sync_once(session)
        assert (first.summary.full, second.summary.full) == (True, False)
        assert all("was seen before" in " ".join(outcome.notes) for outcome in (first, second))
        assert "was seen before" in desk.audit_state() and not desk.verify_audit().ok
        assert used(desk, account) == usage and desk.detail(account).pending == ()
        desk.start(lambda: None)
        assert eventually(lambda: "was seen before" in desk.header().status.sentence)
        assert "was seen before" in desk.audit_state()
        desk.stop()
