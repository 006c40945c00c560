"""A disk that is full or read-only: while authoring, pushing and pulling; nothing is lost, done twice or hidden."""

import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kit.homes import is_sound, session_on, until, with_reason

from data.backends.native import NativeBackend
from data.backends.port import Answer, Submission
from data.database import Unwritable
from data.outbox import Outbox
from data.ports_list import Link, Sort, View
from data.remedy import Draft, Order, State
from triage.cli import main
from triage.desk import Desk, sync_once
from triage.sandbox.process import Running, start

Terminal = Any
FILES = "database files (damaged, foreign, full)"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=60, seed=5) as running:
        yield running


def order_for(desk: Desk, place: int, reason: str) -> Order:
    line = desk.open_list(View.BOOK, Sort.NAME, "").window(place, place + 1)[0]
    return Order("note", line.row.id, None, {"text": "Written on a full disk"}, reason)


def fill(disk: Path) -> None:
    """Leave nothing of a disk."""
    with (disk / "fill").open("ab", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def no_room(outbox: Outbox) -> None:
    """Let this connection's file grow no further (works for everybody, also where nothing may be mounted)."""
    connection = outbox._connection
    connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}")


def test_authoring_without_room_queues_nothing_and_says_why(server: Running, tmp_path: Path, tally) -> None:
    session = session_on(tmp_path, server)
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        no_room(desk.box)
        order = Order(**{**order_dict(order_for(desk, 0, "No room for this one")), "params": {"text": "long " * 3000}})
        with pytest.raises(Unwritable, match="full"):
            desk.submit(order, hold=False)
        assert desk.outbox() == [] and list(desk.box.trail()) == []
    assert is_sound(session.place.state_dir / "outbox.db")
    tally(FILES)


def order_dict(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in order.__struct_fields__}


class Filling(NativeBackend):
    """The real backend; the disk becomes full while the answer is under way."""

    disk: Path

    def submit(self, change: Submission) -> Answer:
        answer = super().submit(change)
        fill(self.disk)
        return answer


def test_a_disk_that_fills_up_while_pushing_applies_nothing_twice(
    server: Running, tmp_path: Path, small_disk: Callable[[int], Path], tally
) -> None:
    disk = small_disk(3000)
    reason = "The disk filled up meanwhile"
    session = session_on(disk / "home", server)
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        changes = [desk.submit(order_for(desk, place, reason), hold=False) for place in (1, 2)]

    def connect(url: str, token: str) -> Filling:
        backend = Filling(url, token)
        backend.disk = disk
        return backend

    ran = sync_once(session_on(disk / "home", server, connect=connect))
    assert isinstance(ran.error, Unwritable) and "full" in str(ran.error)
    assert len(with_reason(server, reason)) == 1  # committed there, unknown here
    with closing(session.open_outbox()) as outbox:
        assert [outbox.get(change.change_id).state for change in changes] == [State.SENDING, State.QUEUED]
    assert isinstance(sync_once(session).error, Unwritable)  # still full: nothing more leaves
    (disk / "fill").unlink()
    assert sync_once(session).error is None
    with closing(session.open_outbox()) as outbox:
        assert {outbox.get(change.change_id).state for change in changes} == {State.APPLIED}
    assert sorted(entry["change_id"] for entry in with_reason(server, reason)) == sorted(c.change_id for c in changes)
    tally(FILES)


def test_a_disk_that_fills_up_while_pulling_keeps_the_book(
    server: Running, tmp_path: Path, small_disk: Callable[[int], Path], tally
) -> None:
    disk = small_disk(6000)
    session = session_on(disk / "home", server)
    assert sync_once(session).error is None
    fill(disk)
    with pytest.raises(Unwritable, match="disk is full"):  # SQLite cannot even map its log
        sync_once(session)
    (disk / "fill").unlink()
    with closing(session.open_cache()) as held:  # as the running app has it
        fill(disk)
        ran = sync_once(session, full=True)
        assert isinstance(ran.error, Unwritable) and "full" in str(ran.error)
        assert len(held.ids(View.BOOK)) == 60
    (disk / "fill").unlink()
    with closing(Desk.open(session)) as desk:
        assert desk.header().counts.book == 60
    assert is_sound(session.place.cache_dir / "cache.db")
    assert sync_once(session, full=True).error is None
    tally(FILES)


def test_a_first_sync_onto_a_full_disk_says_so_and_goes_on_later(
    server: Running, tmp_path: Path, small_disk: Callable[[int], Path], capsys: pytest.CaptureFixture[str], tally
) -> None:
    disk = small_disk(600)
    fill(disk)
    environ = {"TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token}
    home = ["--home", str(disk / "home")]
    assert main(argv=[*home, "sync"], environ=environ) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said and str(disk) in said
    (disk / "fill").unlink()
    code = main(argv=[*home, "sync"], environ=environ)
    said = capsys.readouterr().err
    assert code == 0 or "full" in said, said
    tally(FILES)


def test_on_a_read_only_disk_reading_works_and_writing_says_why(
    server: Running, tmp_path: Path, small_disk: Callable[[int], Path], capsys: pytest.CaptureFixture[str], tally
) -> None:
    disk = small_disk(3000)
    session = session_on(disk / "home", server)
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        order = order_for(desk, 5, "Written before the disk was locked")
        change = desk.submit(order, hold=False)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        with closing(session.open_outbox()) as outbox:
            assert outbox.get(change.change_id).state is State.QUEUED
            with pytest.raises(Unwritable, match="readonly"):
                outbox.take_back(change.change_id, session.clock())
            with pytest.raises(Unwritable):
                outbox.save_draft(Draft(str(uuid.uuid4()), "note", "acc", None, {}, "", "", session.clock()))
        environ = {"TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token}
        for words in (["sync"], ["list"], ["outbox"], ["doctor", "--new-outbox"]):
            assert main(argv=["--home", str(disk / "home"), *words], environ=environ) == 1
            said = capsys.readouterr().err
            assert "Traceback" not in said and ("Read-only" in said or "readonly" in said or "is sound" in said), said
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert sync_once(session).summary.pushed == 1
    tally(FILES)


def test_the_form_keeps_the_reason_when_the_disk_is_full(
    server: Running, small_disk: Callable[[int], Path], in_pty: Callable[..., Terminal], tally
) -> None:
    """The real app: it does not close, says why, and the same key works once there is room."""
    disk, reason = small_disk(4000), "Iris rang while the disk was full"
    assert sync_once(session_on(disk / "home", server)).error is None
    (disk / "home" / "config.toml").write_text("hold_seconds = 4\n")
    app = in_pty(server, disk / "home")
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.keys("R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text)
    fill(disk)
    app.keys(*reason)
    app.keys("\x13")
    app.until(lambda text: "full" in text and "Reset usage" in text and "Iris rang" in text)
    app.keys("\x1b")
    app.until(lambda text: "esc again" in text or "draft cannot" in text)
    assert "Iris rang" in app.text
    (disk / "fill").unlink()
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)
    app.keys("q")
    assert app.ended() == 0
    assert sync_once(session_on(disk / "home", server)).error is None
    until(lambda: sync_once(session_on(disk / "home", server)).summary.waiting == 0, 60)
    assert len(with_reason(server, reason)) == 1
    tally(FILES)


def test_the_running_app_says_that_the_disk_refuses(server: Running, tmp_path: Path) -> None:
    """What a sync thread meets on the disk is a state of the link of its own, not an audit problem."""
    from triage.desk.link import LinkState

    session = session_on(tmp_path, server)
    link = LinkState(session.clock, lambda: None)
    link.failed(Unwritable(tmp_path / "cache.db", "cannot be used now (disk I/O error)."), None)
    assert link.status.link is Link.DISK and "disk I/O error" in link.status.sentence and link.down
