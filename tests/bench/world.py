"""Books, their servers and filled homes; made once a day for each size and kept beside the virtual environment."""

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from whole import run

import triage
from triage.sandbox.process import Running, start

ROOT = Path(triage.__file__).parents[1]
KEPT = ROOT / ".venv" / "bench"
SEED = 7
MEMORY, ROOM = Path("/dev/shm"), 6 << 30
UNLIMITED = ("--rate", "1000000:1000000")
# what decides whether a cache filled before is as today's program would have filled it
FILLED_BY = ("data/*.py", "data/backends/*.py", "triage/rules/*.py", "triage/policy*.py")
TRIAGE = [sys.executable, "-m", "triage"]


@dataclass(frozen=True, slots=True)
class Site:
    """A running server with a book of so many accounts, and a home that has synced it."""

    accounts: int
    server: Running
    db: Path
    home: Path
    env: dict[str, str]

    def triage(self, *args: str, home: Path | None = None) -> list[str]:
        """The command line of our program on a home, the kept one if not another."""
        return [*TRIAGE, "--home", str(home or self.home), *args]

    @property
    def cache(self) -> Path:
        """The cache file of the kept home."""
        return self.home / "cache" / "default" / "cache.db"

    def first_row(self) -> str:
        """The beginning of the name in the list's first row, as it stands on the screen."""
        told = subprocess.run(
            self.triage("list", "--limit", "1", "--json"), env=self.env, check=True, capture_output=True
        )
        return str(json.loads(told.stdout)[0]["name"])[:12].strip()


def in_memory() -> None:
    """Files of a run begin in memory where there is room and nobody has said otherwise: a disk is everybody's."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # asked for anew


@contextmanager
def alone() -> Iterator[None]:
    """Wait for another bench of this tree to end: two at once would measure each other."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another bench runs; waiting for its end.", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def site(accounts: int) -> Iterator[Site]:
    """A book of that size, served, and its kept home brought up to date."""
    folder = _folder(accounts)
    _say(f"book of {accounts:,} accounts …")
    with serving(accounts, folder / "book.db") as server:
        home = folder / f"home-{_digest(FILLED_BY)}"
        _drop(folder, "home-", home.name)
        made = Site(accounts, server, folder / "book.db", home, environment(server))
        _aim(made.cache, server.url)
        run(made.triage("sync", "--yes"), made.env)
        yield made


def lend(accounts: int, db: Path) -> None:
    """Use a book of that size that was seeded before, where it lies; what is measured may change some accounts."""
    book = _folder(accounts) / "book.db"
    if not book.exists():
        book.unlink(missing_ok=True)  # a link to one that is gone
        book.symlink_to(db.resolve(strict=True))


@contextmanager
def serving(accounts: int, db: Path) -> Iterator[Running]:
    """The server of a book in a file, seeded where it is not there yet; it limits nobody."""
    with start(accounts=accounts, seed=SEED, db=db, seconds=3600, extra=UNLIMITED) as server:
        yield server


def environment(server: Running | None) -> dict[str, str]:
    """What a program under measurement sees: a plain terminal, this tree, and the server if there is one."""
    hidden = ("NO_COLOR", "TMUX", "SSH_TTY", "SSH_CONNECTION")
    env = {key: value for key, value in os.environ.items() if key not in hidden and not key.startswith("TRIAGE_")}
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    return env | ({"TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token} if server else {})


def _folder(accounts: int) -> Path:
    day = f"{datetime.now(UTC):%Y%m%d}"
    folder = KEPT / f"book-{accounts}-{day}-{_digest(('triage/sandbox/book*.py', 'triage/sandbox/seed.py'))}"
    _drop(KEPT, f"book-{accounts}-", folder.name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _drop(parent: Path, beginning: str, but: str) -> None:
    """Remove what is kept for another day or another program."""
    for old in parent.glob(f"{beginning}*"):
        if old.name != but:
            old.unlink() if old.is_symlink() else shutil.rmtree(old)


def _digest(patterns: Sequence[str]) -> str:
    found = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _aim(cache: Path, url: str) -> None:
    """The kept cache is of this book, which listens at another port now."""
    if cache.exists():
        with closing(sqlite3.connect(cache)) as file, file:
            file.execute("UPDATE meta SET value = ? WHERE key = 'base_url'", (url,))


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
