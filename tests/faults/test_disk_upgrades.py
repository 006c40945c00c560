"""Schema upgrades: from every released schema, killed at every line, on a full disk, by two at once."""

import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from kit.freeze import NUMBERS, RELEASED, dump, thaw
from msgspec.structs import replace

from data import schema
from data.cache import Cache
from data.database import NewSchema, Unwritable
from data.errors import Busy, OutboxDamaged, TriageError
from data.migrations import CACHE, OUTBOX, upgrade
from data.outbox import Outbox
from data.ports_list import View

WATCHED = ("data/migrations.py", "data/outbox_file.py", "data/outbox_presence.py", "data/cache_file.py")
# Steps made for these tests: a column with a value, and a table written anew.
TO_NEXT = (
    "ALTER TABLE change ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;\n"
    "UPDATE change SET weight = position * 2;\n"
    "CREATE INDEX change_weight ON change (weight);\n"
)
TO_LAST = (
    "CREATE TABLE draft_new (change_id VARCHAR NOT NULL PRIMARY KEY, account_id VARCHAR NOT NULL,"
    " kind VARCHAR NOT NULL, payload BLOB NOT NULL, saved_at FLOAT NOT NULL, seen INTEGER);\n"
    "INSERT INTO draft_new SELECT *, 1 FROM draft;\n"
    "DROP TABLE draft;\n"
    "ALTER TABLE draft_new RENAME TO draft;\n"
)
NOW = schema.OUTBOX_SCHEMA
LATER = replace(OUTBOX, schema=NOW + 2, steps={**OUTBOX.steps, NOW + 1: TO_NEXT, NOW + 2: TO_LAST})
LATER_CACHE = replace(
    CACHE,
    schema=schema.CACHE_SCHEMA + 1,
    steps={schema.CACHE_SCHEMA + 1: "ALTER TABLE account ADD COLUMN weight INTEGER;\n"},
)
CHAIN = (
    f"LATER = replace(OUTBOX, schema={NOW + 2}, "
    f"steps={{**OUTBOX.steps, {NOW + 1}: {TO_NEXT!r}, {NOW + 2}: {TO_LAST!r}}})"
)


def released(kind: str) -> list[int]:
    return sorted(int(path.stem.rsplit("_", 1)[1]) for path in RELEASED.glob(f"{kind}_*.sql"))


def shape(connection: sqlite3.Connection) -> dict[str, object]:
    found: dict[str, object] = {}
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        found[name] = connection.execute(f"PRAGMA table_info({name})").fetchall()
        for _, index, *kind in connection.execute(f"PRAGMA index_list({name})").fetchall():
            found[f"{name}.{index}"] = kind, connection.execute(f"PRAGMA index_xinfo({index})").fetchall()
    return found


def rows_of(path: Path, table: str = "change") -> list[tuple[object, ...]]:
    """The rows as they stand, by their columns of schema 1."""
    with closing(sqlite3.connect(path)) as there:
        return there.execute(f"SELECT {columns_of(table)} FROM {table} ORDER BY 1").fetchall()


def columns_of(table: str) -> str:
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(schema.OUTBOX_SQL)
        return ", ".join(f'"{row[1]}"' for row in made.execute(f"PRAGMA table_info({table})"))


def number_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as there:
        assert there.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(there.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize(("kind", "sql"), [("outbox", schema.OUTBOX_SQL), ("cache", schema.CACHE_SQL)])
def test_the_present_schema_is_frozen_under_its_number(kind: str, sql: str, tmp_path: Path) -> None:
    """Whoever changes tables.py gives the schema another number, a step that leads to it, and a frozen file."""
    assert released(kind) == list(range(1, NUMBERS[kind] + 1)), "python -m kit.freeze"
    thaw(kind, NUMBERS[kind], tmp_path / "frozen.db")
    with closing(sqlite3.connect(tmp_path / "frozen.db")) as frozen, closing(sqlite3.connect(":memory:")) as now:
        now.executescript(sql)
        assert shape(frozen) == shape(now), f"tables.py differs from the released {kind} {NUMBERS[kind]}"


@pytest.mark.parametrize("number", released("outbox"))
def test_every_released_outbox_opens_with_all_that_it_held(number: int, tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    thaw("outbox", number, path)
    before = {table: rows_of(path, table) for table in ("change", "trail", "draft", "head", "pinned_key")}
    with closing(Outbox.open(tmp_path)) as outbox:
        changes = outbox.changes()
        assert {str(change.state) for change in changes} == {"applied", "held", "queued", "sending", "discarded"}
        assert [len(before[table]) for table in before if table != "trail"] == [5, 1, 1, 1] and len(
            before["trail"]
        ) >= 7
        assert outbox.drafts() and list(outbox.trail())
        assert all(change.body.startswith(f'{{"change_id":"{change.change_id}"'.encode()) for change in changes)
    assert {table: rows_of(path, table) for table in before} == before
    assert number_of(path) == schema.OUTBOX_SCHEMA


@pytest.mark.parametrize("number", released("cache"))
def test_every_released_cache_opens_or_is_fetched_anew_and_says_so(number: int, tmp_path: Path) -> None:
    thaw("cache", number, tmp_path / "cache.db")
    with closing(Cache.open(tmp_path, None)) as cache:
        assert cache.counts().book == 3 or "schema" in cache.rebuilt_why
        assert cache.rows(cache.ids(View.BOOK)) or cache.rebuilt_why


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A home with the released outbox 1."""
    thaw("outbox", 1, tmp_path / "home" / "outbox.db")
    return tmp_path / "home"


def holds_all(home: Path, original: Path) -> None:
    """After an upgrade: the newest schema, every row, and the copy of what it was."""
    path = home / "outbox.db"
    assert number_of(path) == NOW + 2
    assert rows_of(path) == rows_of(original)
    with closing(sqlite3.connect(path)) as there:
        assert there.execute("SELECT count(*) FROM change WHERE weight = position * 2").fetchone() == (5,)
        assert there.execute("SELECT seen FROM draft").fetchall() == [(1,)]
    kept = home / "outbox.db.schema-1"
    assert dump(kept) == dump(original)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_an_old_outbox_is_upgraded_in_place_and_what_it_was_stays_beside_it(old: Path, tmp_path: Path) -> None:
    original = Path(shutil.copy(old / "outbox.db", tmp_path / "original.db"))
    with closing(Outbox.open(old, LATER)) as outbox:
        assert len(outbox.changes()) == 5
    holds_all(old, original)
    assert {path.name for path in old.iterdir()} == {"outbox.db", "outbox.db.schema-1", "outbox.lock"}
    before = (old / "outbox.db").read_bytes()
    with pytest.raises(NewSchema, match="newer than this triage knows"):
        Outbox.open(old)
    assert (old / "outbox.db").read_bytes() == before


def test_without_a_way_the_old_outbox_is_refused_untouched(old: Path) -> None:
    before = (old / "outbox.db").read_bytes()
    with pytest.raises(OutboxDamaged, match=f"has schema 1, this triage needs {NOW + 2}"):
        Outbox.open(old, replace(LATER, steps={NOW + 2: TO_LAST}))
    assert (old / "outbox.db").read_bytes() == before
    assert not list(old.glob("outbox.db.*"))


def test_a_step_that_fails_leaves_what_the_one_before_made(old: Path, tmp_path: Path) -> None:
    original = Path(shutil.copy(old / "outbox.db", tmp_path / "original.db"))
    broken = replace(LATER, steps={**LATER.steps, NOW + 2: TO_LAST + "INSERT INTO nowhere VALUES (1);\n"})
    with pytest.raises(Unwritable, match="nowhere"):
        Outbox.open(old, broken)
    assert number_of(old / "outbox.db") == NOW + 1
    assert rows_of(old / "outbox.db") == rows_of(original)
    Outbox.open(old, LATER).close()
    holds_all(old, original)


# --- killed ---
def in_child(work, kill_at: int | None = None) -> int:
    """Run `work` in a fork that kills itself at the n-th line of ours; returns the lines run, or minus the signal."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        count = 0

        def trace(frame, event, _arg):
            nonlocal count
            if not frame.f_code.co_filename.endswith(WATCHED):
                return None
            if event == "line":
                if count == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                count += 1
            return trace

        code = 1
        try:
            sys.settrace(trace)
            work()
            sys.settrace(None)
            os.write(writing, str(count).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == -signal.SIGKILL or status == 0, status
    return int(said) if said else status


def fresh_copy(original: Path, home: Path) -> Path:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    shutil.copy(original, home / "outbox.db")
    return home


def open_later(home: Path) -> None:
    Outbox.open(home, LATER).close()


@pytest.mark.parametrize("part", range(4))
def test_killed_at_any_line_an_upgrade_is_gone_on_with(part: int, old: Path, tmp_path: Path, tally) -> None:
    original = Path(shutil.copy(old / "outbox.db", tmp_path / "original.db"))
    lines = in_child(lambda: open_later(old))
    assert lines > 60, "the sweep sees too little of the upgrade"
    holds_all(old, original)
    reached = set()
    for line in range(part, lines, 4):
        home = fresh_copy(original, tmp_path / "home")
        assert in_child(lambda home=home: open_later(home), line) == -signal.SIGKILL
        number = number_of(Path(shutil.copytree(home, tmp_path / f"seen{line}")) / "outbox.db")
        reached.add(number)
        assert rows_of(tmp_path / f"seen{line}" / "outbox.db") == rows_of(original)
        if number > 1:
            assert dump(home / "outbox.db.schema-1") == dump(original)
        open_later(home)
        holds_all(home, original)
        tally("schema upgrades interrupted")
    assert reached == set(range(1, NOW + 3))


def test_killed_again_while_going_on(old: Path, tmp_path: Path, tally) -> None:
    original = Path(shutil.copy(old / "outbox.db", tmp_path / "original.db"))
    dice = random.Random(3)
    lines = in_child(lambda: open_later(old))
    for _ in range(6):
        home = fresh_copy(original, tmp_path / "home")
        for _ in range(3):
            in_child(lambda home=home: open_later(home), dice.randrange(lines))
            tally("schema upgrades interrupted")
        open_later(home)
        holds_all(home, original)


def test_killed_from_outside_at_any_moment(tmp_path: Path, tally) -> None:
    """A real process upgrades an outbox of 2,000 changes and is killed by SIGKILL: SQLite's own writing is hit too."""
    thaw("outbox", 1, tmp_path / "original.db")
    with closing(sqlite3.connect(tmp_path / "original.db")) as big:
        columns = columns_of("change")
        values = columns.replace('"change_id"', "change_id || n").replace('"position"', "position + 5 * n")
        numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 400)"
        big.execute(f"INSERT INTO change ({columns}) {numbers} SELECT {values} FROM change, c WHERE position <= 5")
        big.commit()
    code = (
        "import sys; from msgspec.structs import replace; from pathlib import Path\n"
        "from data.migrations import OUTBOX\n"
        f"from data.outbox import Outbox\n{CHAIN}\nprint('ready', flush=True)\nOutbox.open(Path(sys.argv[1]), LATER)\n"
        "print('done', flush=True)"
    )
    dice, span, killed = random.Random(8), 0.0, 0
    for trial in range(7):
        home = fresh_copy(tmp_path / "original.db", tmp_path / "home")
        root = Path(schema.__file__).parents[1]
        with subprocess.Popen(
            [sys.executable, "-c", code, str(home)], cwd=root, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None and child.stdout.readline() == "ready\n"
            begun = time.monotonic()
            if trial == 0:
                assert child.stdout.readline() == "done\n"  # the first tells how long it takes
                span = time.monotonic() - begun
            else:
                time.sleep(dice.random() * span)
                child.kill()
        killed += child.returncode == -signal.SIGKILL
        open_later(home)
        assert number_of(home / "outbox.db") == NOW + 2
        assert rows_of(home / "outbox.db") == rows_of(tmp_path / "original.db")
        assert dump(home / "outbox.db.schema-1") == dump(tmp_path / "original.db")
    assert killed >= 3, "the kills came too late to mean anything"
    tally("schema upgrades interrupted", killed)


# --- not alone ---
def test_two_processes_upgrade_once_and_both_go_on(old: Path, tmp_path: Path) -> None:
    original = Path(shutil.copy(old / "outbox.db", tmp_path / "original.db"))
    pids = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                with closing(Outbox.open(old, LATER)) as outbox:
                    code = 0 if len(outbox.changes()) == 5 else 2
            finally:
                os._exit(code)
        pids.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0] * 4
    holds_all(old, original)


def test_an_older_triage_that_is_open_is_not_upgraded_under(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.outbox_presence.BUSY_SECONDS", 0.2)
    with closing(Outbox.open(old)) as running:
        with pytest.raises(Busy, match="Close that first"):
            Outbox.open(old, LATER)
        assert len(running.changes()) == 5
    assert number_of(old / "outbox.db") == NOW


def test_a_full_disk_ends_an_upgrade_without_harm(old: Path, tmp_path: Path, small_disk, tally) -> None:
    """The copy does not fit: nothing was upgraded. Then it does, and the upgrade goes through."""
    disk = small_disk(256)
    home = fresh_copy(old / "outbox.db", disk / "home")
    original = Path(shutil.copy(old / "outbox.db", tmp_path / "original.db"))
    before = (home / "outbox.db").read_bytes()
    fill = disk / "fill"
    free = os.statvfs(disk)
    fill.write_bytes(b"x" * (free.f_bavail * free.f_frsize - 20_000))
    with pytest.raises(Unwritable):
        Outbox.open(home, LATER)
    assert (home / "outbox.db").read_bytes() == before
    assert not list(home.glob("outbox.db.schema*"))
    fill.unlink()
    open_later(home)
    holds_all(home, original)
    tally("database files (damaged, foreign, full)")


# --- the cache ---
def test_a_cache_without_a_step_is_fetched_anew_and_with_one_is_kept(tmp_path: Path) -> None:
    for form, book in ((replace(LATER_CACHE, steps={}), 0), (LATER_CACHE, 3)):
        home = tmp_path / str(book)
        thaw("cache", schema.CACHE_SCHEMA, home / "cache.db")
        cache = Cache(home, None, form)
        assert cache.counts().book == book
        assert bool(cache.rebuilt_why) is (book == 0) and (f"schema {schema.CACHE_SCHEMA}" in cache.rebuilt_why) is (
            book == 0
        )
        cache.close()
        assert not list(home.glob("cache.db.schema*")), "a copy needs no copy"


def test_a_cache_upgrade_killed_at_any_line_leaves_a_book_or_none(tmp_path: Path, tally) -> None:
    thaw("cache", schema.CACHE_SCHEMA, tmp_path / "original" / "cache.db")

    def opened() -> None:
        Cache(tmp_path / "home", None, LATER_CACHE).close()

    shutil.copytree(tmp_path / "original", tmp_path / "home")
    lines = in_child(opened)
    for line in range(0, lines, 5):
        shutil.rmtree(tmp_path / "home")
        shutil.copytree(tmp_path / "original", tmp_path / "home")
        assert in_child(opened, line) == -signal.SIGKILL
        cache = Cache(tmp_path / "home", None, LATER_CACHE)
        assert cache.counts().book == 3 and not cache.rebuilt_why
        cache.close()
        tally("schema upgrades interrupted")


def test_a_damaged_cache_of_an_older_schema_is_rebuilt(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    thaw("cache", schema.CACHE_SCHEMA, path)
    whole = bytearray(path.read_bytes())
    whole[8192:] = b"\xff" * (len(whole) - 8192)
    path.write_bytes(whole)
    with closing(Cache(tmp_path, None, LATER_CACHE)) as cache:
        assert "damaged" in cache.rebuilt_why and cache.counts().book == 0


def test_damage_is_found_before_anything_is_upgraded(old: Path) -> None:
    path = old / "outbox.db"
    whole = bytearray(path.read_bytes())
    whole[4096 * 2 : 4096 * 3] = b"\xff" * 4096
    path.write_bytes(whole)
    with pytest.raises(TriageError):
        upgrade(path, LATER)
    assert path.read_bytes() == whole
