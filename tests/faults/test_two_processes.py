"""Several processes on one home: each sees the others' changes by itself, nothing is pushed twice, no file is torn."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kit.homes import is_sound, session_on, until, with_reason
from kit.proxy import Proxy

from data import database
from data.cache import Cache
from data.database import NETWORK_TYPES, Unwritable, mount_type
from data.locks import push_lock
from data.ports_list import Sort, View
from data.remedy import Order, State
from triage.app import TriageApp
from triage.desk import Desk, sync_once
from triage.sandbox.process import Running, start

Terminal = Any
LISTED = "1 of "


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=120, seed=5) as running:
        yield running


@pytest.fixture
def home(server: Running, tmp_path: Path) -> Path:
    """A synced home in which a change is held for 6 s."""
    where = tmp_path / "home"
    assert sync_once(session_on(where, server)).error is None
    (where / "config.toml").write_text("hold_seconds = 6\n")
    return where


def opened(app: Terminal) -> Terminal:
    app.until(lambda text: LISTED in text and "outbox empty" in text)
    return app


def reset_first(app: Terminal, reason: str) -> None:
    """R on the first row."""
    app.keys("R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text)
    app.keys(*reason)
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)


def test_each_app_sees_the_others_change_and_may_take_it_back(
    server: Running, home: Path, in_pty: Callable[..., Terminal]
) -> None:
    (home / "config.toml").write_text("hold_seconds = 60\n")
    reason = "Held in one, taken back in the other"
    first, second = opened(in_pty(server, home)), opened(in_pty(server, home))
    reset_first(first, reason)
    # nobody presses a key in the second
    second.until(lambda text: "⇡ 1" in text and any("⇡" in line for line in text.split("\n")[3:-2]))
    second.keys("u")
    second.until(lambda text: "outbox empty" in text)
    first.until(lambda text: "outbox empty" in text)
    for app in (first, second):
        app.keys("q")
        assert app.ended() == 0
    with closing(session_on(home, server).open_outbox()) as outbox:
        assert [change.state for change in outbox.changes()] == [State.DISCARDED]
    assert with_reason(server, reason) == []


def test_what_one_left_behind_on_quitting_the_other_sends(
    server: Running, home: Path, in_pty: Callable[..., Terminal]
) -> None:
    reason = "Held by one that quits at once"
    first, second = opened(in_pty(server, home)), opened(in_pty(server, home))
    first.keys("j")
    reset_first(first, reason)
    first.keys("q")
    assert first.ended() == 0
    second.until(lambda text: "⇡ 1" in text)
    second.until(lambda text: "outbox empty" in text)
    until(lambda: len(with_reason(server, reason)) == 1)


def test_two_apps_and_two_syncs_push_each_change_once(
    server: Running, home: Path, in_pty: Callable[..., Terminal], tmp_path: Path
) -> None:
    reason = "Many hands on one home"
    session = session_on(home, server)
    with closing(Desk.open(session)) as desk:
        lines = desk.open_list(View.BOOK, Sort.NAME, "").window(0, 30)
        apps = [opened(in_pty(server, home)) for _ in range(2)]
        environ = {**os.environ, "TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token}
        argv = [sys.executable, "-m", "triage", "--home", str(home), "sync"]
        children = []
        for number, line in enumerate(lines):
            order = Order("note", line.row.id, None, {"text": f"Note {number}"}, reason)
            desk.submit(order, hold=False)
            if number in (5, 6):
                children.append(subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        for child in children:
            _, said = child.communicate(timeout=60)
            assert child.returncode == 0 and b"Traceback" not in said, said
        until(lambda: desk.header().outbox.waiting == 0)
        changes = desk.outbox()
    assert [change.state for change in changes] == [State.APPLIED] * 30
    assert sorted(one["change_id"] for one in with_reason(server, reason)) == sorted(c.change_id for c in changes)
    for app in apps:
        app.until(lambda text: "outbox empty" in text)
        app.keys("q")
        assert app.ended() == 0
    assert is_sound(session.place.cache_dir / "cache.db") and is_sound(session.place.state_dir / "outbox.db")


def test_one_killed_in_the_middle_of_a_push_is_followed_by_the_other(
    server: Running, home: Path, in_pty: Callable[..., Terminal]
) -> None:
    """The first app's request hangs; it is killed; the kernel frees its lock, the second sends the same change."""
    reason = "Killed while it was being sent"
    (home / "config.toml").write_text("hold_seconds = 0\n")
    proxy = Proxy(server.url, seed=4)
    try:
        session = session_on(home, server, url=proxy.url)
        for file in session.place.cache_dir.glob("cache.db*"):
            file.unlink()  # the copy is of the server's own URL
        assert sync_once(session).error is None
        first = opened(in_pty(server, home, TRIAGE_BASE_URL=proxy.url))
        proxy.set("stall")
        with closing(Desk.open(session)) as desk:
            line = desk.open_list(View.BOOK, Sort.NAME, "").window(40, 41)[0]
            change = desk.submit(Order("note", line.row.id, None, {"text": "x"}, reason), hold=False)
            until(lambda: proxy.hits["stall"] == 1)
            assert desk.box.get(change.change_id).state is State.SENDING
            assert not push_lock(session.place.state_dir).try_acquire()
            second = in_pty(server, home, TRIAGE_BASE_URL=proxy.url)
            second.until(lambda text: LISTED in text and "1 sending" in text or "… 1" in text)
            os.kill(first.pid, signal.SIGKILL)
            until(lambda: desk.box.get(change.change_id).state is State.APPLIED, 60)
        assert len(with_reason(server, reason)) == 1
        second.until(lambda text: "outbox empty" in text)
    finally:
        proxy.close()


# --- a network file system ---
# A real NFS, CIFS or FUSE mount cannot be had in these tests; the type of a real mount is declared a network's instead.
def test_mounts_are_told_apart_as_the_kernel_lists_them() -> None:
    mounts = (
        "/dev/vda1 / ext4 rw,relatime 0 0\n"
        "nas:/export/home /home nfs4 rw,vers=4.2,addr=10.0.0.2 0 0\n"
        "/dev/vdb1 /home/maya/local xfs rw 0 0\n"
        "//nas/share /mnt/My\\040Share cifs rw 0 0\n"
        "maya@host:/ /mnt/ssh fuse.sshfs rw,nosuid,nodev 0 0\n"
        "mem /mnt/9 9p rw,trans=virtio 0 0\n"
        "tmpfs /mnt/ssh tmpfs rw 0 0\n"
        "back\\134slash /mnt/a\\134040b nfs rw 0 0\n"
    )
    found = {
        "/home/maya/.local/state": "nfs4",
        "/home/maya/local/x": "xfs",
        "/mnt/My Share/x": "cifs",
        "/mnt/ssh/x": "tmpfs",  # mounted over it later
        "/mnt/9/x": "9p",
        "/mnt/a\\040b/x": "nfs",
        "/var": "ext4",
    }
    assert {path: mount_type(Path(path), mounts) for path in found} == found
    assert {kind for kind in found.values() if kind in NETWORK_TYPES} == {"nfs4", "cifs", "9p", "nfs"}


async def test_a_home_on_a_network_file_system_is_said_has_no_log_and_still_works(
    server: Running, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "NETWORK_TYPES", {mount_type(home.resolve(), Path("/proc/self/mounts").read_text())})
    session = session_on(home, server)
    with closing(Desk.open(session)) as desk:
        assert "network file system" in desk.header().notice
        assert desk.cache.connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        app = TriageApp(desk, glyphs="unicode")
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            width, height = app.size
            drawn = ["".join(part.text for part in line) for line in app.screen._compositor.render_strips()[:height]]
            assert "network file system" in drawn[-2], drawn[-2]
        desk.stop()
        other = Cache.open(session.place.cache_dir, server.url)  # two readers and a writer, without a log
        assert sync_once(session, full=True).error is None
        assert other.counts().book == desk.header().counts.book == 120
        other.close()


def test_a_file_system_without_locks_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Running
) -> None:
    """ENOLCK is what NFS answers without its lock daemon; the kernel's call is made to answer so."""

    def no_locks(_handle: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(Unwritable, match="local disk"):
        push_lock(tmp_path).try_acquire()
    with pytest.raises(Unwritable, match="No locks available"):
        Desk.open(session_on(tmp_path, server))
