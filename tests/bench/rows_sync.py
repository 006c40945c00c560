"""The first sync: a whole process beside one executemany of the same rows, already parsed, and beside a plain sync."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter_ns, process_time_ns

import peers
from figures import Row, limit, ratio
from whole import Ran, in_turns, processor, run, walls
from world import Site, site

from data.packed import Packing

GROUP = "sync"
INSERT = "one executemany, rows parsed"
MERGED = 2_000  # accounts of the plain sync, whose time grows with their number
HUGE = 500_000  # from here on peers would need the rows in memory
MB = 1e6


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """All rows of the group."""
    with site(accounts) as made, tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if accounts >= HUGE:
            yield from _alone(made, [_full(made, scratch)])
            return
        insert = prepared(made.cache)
        at_risk, ours, peer = in_turns(
            max(2, rounds // 2),
            lambda: _at_risk(made, scratch),
            lambda: _full(made, scratch),
            lambda: insert(scratch),
        )
        beside = processor(ours), processor(peer)
        full = "first sync of the sandbox's book, every rule, whole process"
        yield ratio(GROUP, accounts, full, INSERT, 6.0, walls(ours), walls(peer), beside=beside)
        beside = processor(at_risk), processor(peer)
        brief = "first sync, at-risk rules alone, whole process"
        yield ratio(GROUP, accounts, brief, INSERT, 2.5, walls(at_risk), walls(peer), beside=beside)
        yield _beside_plain(made, ours, scratch)
        yield from _alone(made, ours)


def _alone(made: Site, ours: list[Ran]) -> Iterator[Row]:
    size = made.cache.stat().st_size
    yield limit(GROUP, made.accounts, "first sync, time", None, [one.wall / 1000 for one in ours], "s")
    yield limit(GROUP, made.accounts, "first sync, processor time", None, [one.processor / 1000 for one in ours], "s")
    most = "first sync, most memory"
    yield limit(GROUP, made.accounts, f"{most}, all processes", None, [one.memory for one in ours], "MB")
    yield limit(GROUP, made.accounts, f"{most}, the largest process", None, [one.largest for one in ours], "MB")
    yield limit(GROUP, made.accounts, "cache, disk", None, [size / MB], "MB")
    yield limit(GROUP, made.accounts, "cache, bytes per account", None, [size / made.accounts], "B")


def _full(made: Site, scratch: Path) -> Ran:
    home = scratch / f"full-{perf_counter_ns()}"
    done = run(made.triage("sync", home=home), made.env)
    shutil.rmtree(home)
    return done


def _at_risk(made: Site, scratch: Path) -> Ran:
    home = scratch / f"brief-{perf_counter_ns()}"
    argv = [peers.ours(), peers.script("at_risk_sync"), made.server.url, made.server.token, str(home)]
    done = run(argv, made.env)
    shutil.rmtree(home)
    return done


def _beside_plain(made: Site, ours: list[Ran], scratch: Path) -> Row:
    """The plain sync of some accounts, its time reckoned up to all."""
    some = min(MERGED, made.accounts)
    argv = [peers.ours(), peers.script("merge_sync"), made.server.url, made.server.token]
    plain = run([*argv, str(scratch / "merged.db"), str(some)], made.env)
    reckoned = [plain.wall * made.accounts / some]
    versus = f"httpx, pydantic, SQLModel merge (reckoned from {some:,})"
    what = "first sync, every rule, whole process"
    return ratio(GROUP, made.accounts, what, versus, 0.1, walls(ours), reckoned)


def prepared(cache: Path) -> "Insert":
    """The rows of every table that has one an account, joined: the same columns, blobs as they were before packing."""
    with closing(sqlite3.connect(cache)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        wide = {name: [column[1] for column in file.execute(f"PRAGMA table_info({name})")] for name in tables}
        ours = [name for name in tables if wide[name][:1] == ["number"] and not name.startswith("new_")]
        ours.sort(key=lambda name: name != "account")
        columns = [
            f'{name}."{column}"' for name in ours for column in wide[name] if column != "number" or name == "account"
        ]
        joined = " ".join(f"LEFT JOIN {name} USING (number)" for name in ours[1:])
        found = file.execute(f"SELECT {', '.join(columns)} FROM account {joined} ORDER BY account.number").fetchall()
    unpack = Packing().unpack
    return Insert([tuple(unpack(one) if isinstance(one, bytes) else one for one in row) for row in found])


class Insert:
    """Into a new file, by one executemany in one transaction, committed."""

    def __init__(self, found: list[tuple[object, ...]]) -> None:
        self._rows = found

    def __call__(self, scratch: Path) -> Ran:
        """What it takes, the file's making apart."""
        path = scratch / f"peer-{perf_counter_ns()}.db"
        wide = len(self._rows[0])
        with closing(sqlite3.connect(path)) as peer:
            others = ", ".join(f"c{at}" for at in range(2, wide))
            peer.execute(f"CREATE TABLE account (number INTEGER PRIMARY KEY, id TEXT UNIQUE, {others})")
            begun, used = perf_counter_ns(), process_time_ns()
            with peer:
                peer.executemany(f"INSERT INTO account VALUES ({', '.join('?' * wide)})", self._rows)
            took, worked = perf_counter_ns() - begun, process_time_ns() - used
        path.unlink()
        return Ran(took / 1e6, worked / 1e6)
