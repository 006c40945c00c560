"""Rows read off pages without SQLite: as SQLite wrote them, and no error whatever bytes stand there instead."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from data.leaf_pages import leaf_rows
from triage.commands.rescue import rescue


def test_a_rescue_takes_any_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(sqlite3.connect(path)) as foreign:
        foreign.executescript("CREATE TABLE change (mine TEXT); INSERT INTO change VALUES ('x')")
    assert list(rescue(path)) == [{"table": "change", "values": {"mine": "x"}}]


def test_pages_are_read_as_sqlite_wrote_them_and_whatever_bytes_stand_there_instead() -> None:
    rng = random.Random(7)
    for size in (512, 4096, 65536):
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(f"PRAGMA page_size={size}")
            connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)")
            wanted = {}
            for number in range(60):
                text = "aé漢"[number % 3] * rng.choice((0, 3, 90, 9000))
                whole = rng.choice((0, 1, -1, 200, 2**20, -(2**40), 2**62))
                wanted[number] = (None, text, rng.randbytes(rng.choice((0, 40, 5000))), rng.choice((None, 1.5, whole)))
                connection.execute("INSERT INTO t VALUES (?,?,?,?)", (number, *wanted[number][1:]))
            connection.commit()
            raw = connection.serialize()
        assert {number: row for number, row in leaf_rows(raw) if row[1] != "t"} == wanted
        for _ in range(40):
            bad = bytearray(raw)
            for _ in range(rng.choice((1, 20, 400))):
                bad[rng.choice((rng.randrange(120), rng.randrange(len(bad))))] = rng.randrange(256)
            list(leaf_rows(bytes(bad[: rng.randrange(len(bad))])))
