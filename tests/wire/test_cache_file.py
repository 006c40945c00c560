"""The files themselves: private, recognised, rebuilt when they are of no use, locked by the kernel."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kit.each import each, written

from data import database, schema
from data.backends.port import Item
from data.cache import Cache
from data.database import Damaged, ForeignFile, NewSchema, OldSchema, Unwritable, connect, mount_type, transaction
from data.errors import Busy, CacheDamaged, WrongBackend
from data.identity import Identity
from data.locks import Lock, pull_lock, push_lock
from data.ports_list import View
from data.safe_text import SafeText

URL = "http://127.0.0.1:9"
SQL = "CREATE TABLE thing (\n\tid INTEGER NOT NULL\n);\nCREATE INDEX thing_id ON thing (id);\n"


def open_thing(path: Path, number: int = 1, identity: int = 77) -> sqlite3.Connection:
    return connect(path, application_id=identity, schema=number, sql=SQL, wal=False, synchronous="EXTRA")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    opened = Cache.open(tmp_path / "a" / "b", URL)
    opened.put(base_url=URL)
    found = {path.name: mode(path) for path in (tmp_path / "a" / "b").iterdir()}
    assert {"cache.db", "cache.db-wal", "cache.db-shm"} <= found.keys()
    assert all(bits & 0o177 == 0 for bits in found.values()), found
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    opened.close()


def test_a_file_with_open_permissions_is_narrowed(tmp_path: Path) -> None:
    open_thing(tmp_path / "x.db").close()
    (tmp_path / "x.db").chmod(0o664)
    open_thing(tmp_path / "x.db").close()
    assert mode(tmp_path / "x.db") == 0o600


def test_an_outbox_has_a_rollback_journal_and_the_cache_a_log(tmp_path: Path) -> None:
    thing = open_thing(tmp_path / "x.db")
    assert thing.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert thing.execute("PRAGMA synchronous").fetchone() == (3,)
    assert thing.isolation_level is None
    thing.close()
    opened = Cache.open(tmp_path, URL)
    assert opened.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert opened.connection.execute("PRAGMA synchronous").fetchone() == (1,)
    opened.close()


def test_no_log_on_a_network_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache.open(tmp_path, URL).close()
    kind = mount_type(tmp_path.resolve(), Path("/proc/self/mounts").read_text(encoding="utf-8"))
    monkeypatch.setattr(database, "NETWORK_TYPES", {kind})
    opened = Cache.open(tmp_path, URL)
    assert opened.network_warning
    assert opened.connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    opened.close()


def test_the_mount_is_the_longest_that_holds_the_path() -> None:
    mounts = "/dev/a / ext4 rw 0 0\nsrv:/home /home/my\\040name nfs4 rw 0 0\nproc /proc proc rw 0 0\nbroken\n"
    assert mount_type(Path("/home/my name/x.db"), mounts) == "nfs4"
    assert mount_type(Path("/home/my names/x.db"), mounts) == "ext4"
    assert mount_type(Path("/proc/1"), mounts) == "proc"


def test_each_unusable_file_has_its_own_error_and_is_left_as_it_was(tmp_path: Path) -> None:
    open_thing(tmp_path / "x.db").close()
    with pytest.raises(ForeignFile):
        open_thing(tmp_path / "x.db", identity=78)
    with pytest.raises(OldSchema):
        open_thing(tmp_path / "x.db", number=2)
    with pytest.raises(NewSchema):
        open_thing(tmp_path / "x.db", number=0)
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    before = (tmp_path / "foreign.db").read_bytes()
    with pytest.raises(ForeignFile):
        open_thing(tmp_path / "foreign.db")
    assert (tmp_path / "foreign.db").read_bytes() == before
    (tmp_path / "x.db").write_bytes(b"not a database" * 500)
    with pytest.raises(Damaged):
        open_thing(tmp_path / "x.db")
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable):
        open_thing(tmp_path / "file" / "x.db")


def test_a_cut_file_is_found_when_it_is_opened(tmp_path: Path) -> None:
    thing = open_thing(tmp_path / "x.db")
    with transaction(thing):
        thing.executemany("INSERT INTO thing VALUES (?)", [(number,) for number in range(5000)])
    thing.close()
    whole = (tmp_path / "x.db").read_bytes()
    (tmp_path / "x.db").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Damaged):
        open_thing(tmp_path / "x.db")


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    thing = open_thing(tmp_path / "x.db")
    with pytest.raises(KeyboardInterrupt), transaction(thing):
        thing.execute("INSERT INTO thing VALUES (1)")
        raise KeyboardInterrupt
    assert not thing.in_transaction
    assert thing.execute("SELECT count(*) FROM thing").fetchone() == (0,)
    with pytest.raises(sqlite3.IntegrityError), transaction(thing):
        thing.execute("INSERT INTO thing VALUES (NULL)")
    thing.execute("PRAGMA max_page_count=4")
    with pytest.raises(Unwritable, match="full"), transaction(thing):
        thing.executemany("INSERT INTO thing VALUES (?)", [(number,) for number in range(50_000)])
    assert thing.execute("SELECT count(*) FROM thing").fetchone() == (0,)
    thing.close()


def make_foreign(path: Path) -> None:
    made = sqlite3.connect(path)
    made.execute("CREATE TABLE theirs (x)")
    made.close()


def make_schema(number: int) -> Callable[[Path], None]:
    def made(path: Path) -> None:
        there = sqlite3.connect(path)
        there.execute(f"PRAGMA application_id={schema.CACHE_APPLICATION_ID}")
        there.execute(f"PRAGMA user_version={number}")
        there.execute("CREATE TABLE meta (key, value)")
        there.close()

    return made


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(os.urandom(20_000)),
        lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000),
        make_foreign,
        make_schema(schema.CACHE_SCHEMA - 1),
        make_schema(schema.CACHE_SCHEMA + 1),
    ],
    ids=["noise", "bad header", "foreign", "old", "newer"],
)
def test_a_useless_cache_is_rebuilt(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    spoil(tmp_path / "cache.db")
    (tmp_path / "cache.db-wal").write_bytes(b"left over")
    opened = Cache.open(tmp_path, URL)
    assert opened.rebuilt_why
    assert opened.counts().book == 0
    opened.put(cursor=5)
    opened.close()
    again = Cache.open(tmp_path, URL)
    assert not again.rebuilt_why
    assert again.cursor == 5
    again.close()


def test_damage_met_while_reading_is_marked_and_rebuilt_when_nobody_has_it_open(
    cache: Cache, book: Callable[[int], list[Item]], verdict: Callable[..., object]
) -> None:
    written(cache, book(300), (), 300, each(verdict))  # type: ignore[arg-type]
    directory = cache.directory
    cache.close()
    path = directory / "cache.db"
    whole = bytearray(path.read_bytes())
    half = len(whole) // 2  # behind the schema, which is read when the file is opened
    whole[half:] = b"\xff" * (len(whole) - half)
    path.write_bytes(whole)
    first, other = Cache.open(directory, URL), Cache.open(directory, URL)
    with pytest.raises(CacheDamaged):
        first.rows(first.ids(View.BOOK))
    first.close()
    with pytest.raises(CacheDamaged, match="Close the other triage"):
        Cache.open(directory, URL)
    other.close()
    rebuilt = Cache.open(directory, URL)
    assert rebuilt.rebuilt_why
    assert rebuilt.ids(View.BOOK).tolist() == []
    rebuilt.close()


def test_a_disk_that_lets_nothing_be_removed_or_marked_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "cache.damaged").mkdir()
    with pytest.raises(Unwritable, match="cannot be rebuilt"):
        Cache.open(tmp_path, URL)
    home = tmp_path / "other"
    with closing(Cache.open(home, URL)) as cache:
        (home / "cache.damaged").symlink_to(home / "nowhere" / "mark")
        with pytest.raises(CacheDamaged, match="restart triage"):
            cache.report_damage(Damaged(home / "cache.db", "is damaged."))


def test_a_cache_of_another_backend_is_refused_to_readers(
    cache: Cache, book: Callable[[int], list[Item]], verdict: Callable[..., object]
) -> None:
    written(cache, book(3), (), 3, each(verdict))  # type: ignore[arg-type]
    other = Cache.open(cache.directory, "https://billing.example/")
    readers: list[Callable[[], object]] = [
        other.counts,
        lambda: other.ids(View.AT_RISK),
        lambda: other.first(View.BOOK),
        lambda: other.row("acc_00000"),
        lambda: other.account("acc_00000"),
        lambda: other.audit(),
    ]
    for read in readers:
        with pytest.raises(WrongBackend, match=r"127\.0\.0\.1:9, not of https://billing\.example"):
            read()
    other.close()
    same = Cache.open(cache.directory, URL + "/")
    assert same.counts().book == 3
    same.close()


def test_the_identity_belongs_to_its_backend(cache: Cache) -> None:
    maya = Identity("stf_maya", SafeText("Maya"), None, SafeText("lead"), (), None, None)
    cache.remember_identity(maya, "mark")
    assert (cache.identity, cache.identity_mark) == (maya, "mark")
    other = Cache.open(cache.directory, "https://billing.example")
    assert other.identity is None
    other.close()


def test_a_stamp_moves_with_writes_of_this_and_of_other_connections(cache: Cache) -> None:
    other = Cache.open(cache.directory, URL)
    before = cache.stamp()
    assert cache.stamp() == before
    other.put(cursor=9)
    between = cache.stamp()
    cache.put(cursor=10)
    assert len({before, between, cache.stamp()}) == 3
    other.close()


def test_the_two_locks_are_exclusive_and_independent(tmp_path: Path) -> None:
    first, second = pull_lock(tmp_path), pull_lock(tmp_path)
    assert first.try_acquire()
    assert first.try_acquire()
    assert not second.try_acquire()
    with pytest.raises(Busy, match="pull"), second:
        pass
    with push_lock(tmp_path) as other:
        assert other.held
    first.release()
    assert second.try_acquire()
    second.release()


def test_a_killed_holder_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from data.locks import pull_lock; "
        "lock = pull_lock(Path(sys.argv[1])); print(lock.try_acquire(), flush=True); time.sleep(60)"
    )
    root = Path(schema.__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        lock = Lock(tmp_path / "pull.lock")
        assert not lock.try_acquire()
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert lock.try_acquire()
        lock.release()
