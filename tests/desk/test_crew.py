"""A first sync judged by helper processes: the same book, whatever becomes of a helper, and none outlives us."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data.backends.native import NativeBackend
from data.cache import Cache
from data.errors import BadAnswer
from data.health_book import EMPTY_BOOK
from data.pull import ALONE, Pulled, pull
from triage.desk.crew import Crew, Orders
from triage.policy import load_policy
from triage.rules.assess import judge_all
from triage.rules.health import Rulebook
from triage.sandbox import process
from triage.tree_file import load_tree

ACCOUNTS = ALONE + 1200
NOW = datetime.now(UTC)
POLICY, TREE = load_policy(), load_tree()
TABLES = {
    "account": "number, id, seq, version, payload",
    "listing": "*",
    "verdict": "*",
    "history": "*",
    "tally": "*",
    "member": "workspace_id, account_id",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[process.Running]:
    with process.start(accounts=ACCOUNTS, db=tmp_path_factory.mktemp("book") / "book.db") as running:
        yield running


class Watched(Crew):
    """A crew that kills one of its children when asked for the answer with this number."""

    def __init__(self, kill_at: int | None = None) -> None:
        super().__init__(Orders(POLICY, TREE, EMPTY_BOOK), lambda: NOW)
        self.kill_at, self.taken, self.children = kill_at, 0, set[int]()

    def take(self) -> Any:
        self.children |= {child.pid for child, _ in self._busy}
        if self.taken == self.kill_at:
            self._busy[0][0].kill()
        self.taken += 1
        return super().take()


def alone(through: date | None) -> Any:
    rules = Rulebook(POLICY, TREE, EMPTY_BOOK)
    return lambda some: judge_all(some, rules, NOW, through)


def book(home: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(home / "cache.db")) as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
            for table, columns in TABLES.items()
        }


def indexes(home: Path) -> set[str]:
    with closing(sqlite3.connect(home / "cache.db")) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}


def sync(server: process.Running, home: Path, crew: Crew | None = None) -> Pulled:
    with (
        closing(NativeBackend(server.url, server.token)) as backend,
        closing(Cache.open(home, server.url)) as cache,
    ):
        return pull(backend, cache, alone, NOW, crew=None if crew is None else lambda: crew)


@pytest.fixture(scope="module")
def plain(server: process.Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first sync without helpers makes of the book."""
    home = tmp_path_factory.mktemp("plain")
    assert sync(server, home).pulled == ACCOUNTS
    return home


def gone(pid: int) -> bool:
    """True when no process of that number runs any more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@pytest.mark.parametrize("kill_at", [None, 0, 1])
def test_helpers_make_the_same_book_even_when_one_dies(server, plain, tmp_path, kill_at) -> None:
    crew = Watched(kill_at)
    assert sync(server, tmp_path, crew).pulled == ACCOUNTS
    assert crew.taken == 2 and crew.children and all(map(gone, crew.children))
    assert book(tmp_path) == book(plain) and len(book(plain)["account"]) == ACCOUNTS
    assert indexes(tmp_path) == indexes(plain) >= {"listing_mrr", "red_name", "listing_severity"}


def test_a_line_that_is_no_account_ends_the_sync_after_what_came_before(server, tmp_path) -> None:
    with closing(sqlite3.connect(_copy(server, tmp_path))) as connection, connection:
        (body,) = connection.execute("SELECT body FROM accounts WHERE seq = ?", (ALONE + 700,)).fetchone()
        spoilt = body.replace('"mrr":', '"mrr":"much","was":', 1)
        connection.execute("UPDATE accounts SET body = ? WHERE seq = ?", (spoilt, ALONE + 700))
    home = tmp_path / "home"
    home.mkdir()
    with process.start(db=tmp_path / "copy.db") as running:
        with pytest.raises(BadAnswer, match="mrr"):
            sync(running, home, Watched())
        with closing(Cache.open(home, running.url)) as cache:
            assert cache.size() == cache.cursor == ALONE + 699 and cache.synced_at is None


def test_a_killed_first_sync_leaves_no_helper_and_goes_on_to_the_same_book(server, plain, tmp_path) -> None:
    script = (
        "import sys, pathlib\n"
        "from datetime import datetime\n"
        "from desk import test_crew\n"
        "from triage.sandbox import process\n"
        "test_crew.NOW = datetime.fromisoformat(sys.argv[4])\n"
        "crew = test_crew.Watched()\n"
        "server = process.Running(sys.argv[1], sys.argv[2], {}, None)\n"
        "give = crew.give\n"
        "def told(*chunk):\n"
        "    give(*chunk)\n"
        "    print(*(child.pid for child, _ in crew._busy), flush=True)\n"
        "crew.give = told\n"
        "test_crew.sync(server, pathlib.Path(sys.argv[3]), crew)\n"
    )
    argv = [sys.executable, "-c", script, server.url, server.token, str(tmp_path), NOW.isoformat()]
    paths = f"{Path(__file__).parents[1]}{os.pathsep}{Path(__file__).parents[2]}"
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths})
    assert child.stdout is not None
    helpers = [int(pid) for pid in child.stdout.readline().split()]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    deadline = time.monotonic() + 20
    while not all(map(gone, helpers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert helpers and all(map(gone, helpers))
    assert "listing_mrr" not in indexes(tmp_path)
    assert sync(server, tmp_path, Watched()).pulled < ACCOUNTS
    assert book(tmp_path) == book(plain) and indexes(tmp_path) == indexes(plain)


def _copy(server: process.Running, folder: Path) -> Path:
    """The server's book in a file of its own."""
    path = Path(f"/proc/{server.pid}/cmdline").read_bytes().decode().split("--db\0")[1].split("\0")[0]
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(folder / "copy.db")) as new:
        old.backup(new)
    return folder / "copy.db"
