"""What can become of a database file: damage, foreign files and old or new ones, each a function over a path."""

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from data import schema

PAGE = 4096
Spoil = Callable[[Path], object]


def over(start: int, length: int, byte: bytes) -> Spoil:
    """Overwrite a stretch; a negative start counts pages from the end."""

    def spoil(path: Path) -> None:
        whole = bytearray(path.read_bytes())
        at = start if start >= 0 else len(whole) + start * PAGE
        whole[at : at + length] = byte * min(length, len(whole) - at)
        path.write_bytes(whole)

    return spoil


def scattered(seed: int, byte: bytes, count: int = 40, length: int = 24) -> Spoil:
    """Overwrite short stretches at random places behind the header."""

    def spoil(path: Path) -> None:
        whole, dice = bytearray(path.read_bytes()), random.Random(seed)
        for _ in range(count):
            at = dice.randrange(100, len(whole) - length)
            whole[at : at + length] = byte * length
        path.write_bytes(whole)

    return spoil


def pages(seed: int, byte: bytes, share: float = 0.2) -> Spoil:
    """Overwrite a share of the pages, wherever they are, the first one apart."""

    def spoil(path: Path) -> None:
        whole, dice = bytearray(path.read_bytes()), random.Random(seed)
        numbers = range(1, len(whole) // PAGE)
        for number in dice.sample(numbers, max(1, int(len(numbers) * share))):
            whole[number * PAGE : (number + 1) * PAGE] = byte * PAGE
        path.write_bytes(whole)

    return spoil


def cut(share: float = 0.0, to: int = 0) -> Spoil:
    """Cut the file to a share of its length, or to a number of bytes."""
    return lambda path: os.truncate(path, int(path.stat().st_size * share) or to)


def root_of(table: str, byte: bytes) -> Spoil:
    """Overwrite the page from which a table is found."""

    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path)) as there:
            page = there.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        over((page - 1) * PAGE, PAGE, byte)(path)

    return spoil


def pragma(**values: int) -> Spoil:
    """Set numbers of the header by SQLite itself."""

    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path)) as there:
            for name, value in values.items():
                there.execute(f"PRAGMA {name}={value}")

    return spoil


def text(content: str) -> Spoil:
    """Another file altogether."""
    return lambda path: path.write_text(content)


def foreign(path: Path) -> None:
    """Another program's SQLite file."""
    path.unlink()
    with closing(sqlite3.connect(path)) as there:
        there.executescript(
            "CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT); INSERT INTO moz_places VALUES (1, 'x');"
        )


def made_of(application_id: int, sql: str) -> Spoil:
    """A sound file of the other kind."""

    def spoil(path: Path) -> None:
        path.unlink()
        with closing(sqlite3.connect(path)) as there:
            there.executescript(f"{sql}PRAGMA application_id={application_id}; PRAGMA user_version=1;")

    return spoil


def directory(path: Path) -> None:
    """A directory in its place, with something in it."""
    path.unlink()
    path.mkdir(mode=0o755)
    (path / "letter.txt").write_text("mine")


def pipe(path: Path) -> None:
    """A named pipe in its place: whoever opens it for reading waits for ever."""
    path.unlink()
    os.mkfifo(path)


def journal(content: bytes) -> Spoil:
    """Leave something where SQLite looks for a journal."""
    return lambda path: path.with_name(f"{path.name}-journal").write_bytes(content)


DAMAGE: dict[str, Spoil] = {
    "header zeroed": over(0, 100, b"\0"),
    "header overwritten": over(0, 100, b"\xff"),
    "magic changed": over(0, 6, b"X"),
    "page size nonsense": over(16, 2, b"\x03"),
    "first page zeroed": over(0, PAGE, b"\0"),
    "a page in the middle overwritten": over(8 * PAGE, PAGE, b"\xff"),
    "a page in the middle zeroed": over(8 * PAGE, PAGE, b"\0"),
    "the last page zeroed": over(-1, PAGE, b"\0"),
    "the last three pages overwritten": over(-3, 3 * PAGE, b"\xff"),
    "a fifth of the pages zeroed": pages(1, b"\0"),
    "a fifth of the pages overwritten": pages(2, b"\xff"),
    "half of the pages zeroed": pages(3, b"\0", 0.5),
    "zeros here and there 1": scattered(1, b"\0"),
    "zeros here and there 2": scattered(2, b"\0", count=8),
    "zeros here and there 3": scattered(3, b"\0", count=3, length=400),
    "noise here and there 1": scattered(4, b"\xff"),
    "noise here and there 2": scattered(5, b"\xff", count=6),
    "noise here and there 3": scattered(6, b"\xfe", count=2, length=2000),
    "cut in half": cut(0.5),
    "cut by a third": cut(0.66),
    "cut to one page": cut(to=PAGE),
    "cut to the header": cut(to=100),
    "cut to a byte": cut(to=1),
}
FOREIGN: dict[str, Spoil] = {
    "plain text": text("dear diary\n" * 500),
    "JSON": text(json.dumps({"change_id": "x", "kind": "note"})),
    "another program's SQLite": foreign,
    "application id lost": pragma(application_id=0),
    "of schema 0": pragma(user_version=0),
}
BESIDE: dict[str, Spoil] = {
    "journal garbage": journal(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\xff" * 600),
    "journal noise": journal(b"left over" * 100),
    "journal empty": journal(b""),
    "garbage appended": lambda path: path.open("ab").write(b"\xff" * 5000),
}
CACHE_NAMED_OUTBOX = made_of(schema.CACHE_APPLICATION_ID, schema.CACHE_SQL)
OUTBOX_NAMED_CACHE = made_of(schema.OUTBOX_APPLICATION_ID, schema.OUTBOX_SQL)


def seen(home: Path) -> dict[str, bytes | None]:
    """Every file below a directory with its bytes; None for what is no file."""
    return {
        str(path.relative_to(home)): path.read_bytes() if path.is_file() else None
        for path in sorted(home.rglob("*"))
        if path.name != "outbox.lock"
    }


def copied(original: Path, home: Path) -> Path:
    """A fresh home with a copy of the original under its own name."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    return Path(shutil.copy(original, home / original.name))
