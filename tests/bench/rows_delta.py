"""A delta of so many changed accounts: the same cost whatever the size of the book."""

import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from figures import Row, ratio
from whole import Ran, in_turns, processor, run, walls
from world import SEED, Site, site

from triage.sandbox import store
from triage.sandbox.database import Database

GROUP = "delta"
SMALL = 1_000
CHANGED = 200
COPIED_UP_TO = 3 << 30


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """Time by the clock and processor time of the same delta over two books."""
    dice = random.Random(SEED)
    with site(accounts) as large, site(SMALL) as little, tempfile.TemporaryDirectory() as folder:
        made, small = (_copied(one, Path(folder)) for one in (large, little))
        for one in (made, small):
            _settled(one)
            _delta(one, dice)
        ours, peer = in_turns(rounds, lambda: _delta(made, dice), lambda: _delta(small, dice))
    what, versus = f"`triage sync`, {CHANGED} changed accounts", f"the same with {SMALL:,} accounts"
    yield ratio(GROUP, accounts, what, versus, 1.3, walls(ours), walls(peer), beside=(processor(ours), processor(peer)))
    used = [one.processor for one in ours], [one.processor for one in peer]
    yield ratio(GROUP, accounts, f"{what}, processor time", versus, 1.3, *used)


def _delta(made: Site, dice: random.Random) -> Ran:
    _change(made, dice)
    return run(made.triage("sync"), made.env)


def _change(made: Site, dice: random.Random) -> None:
    """Another price for some accounts, as a feed would bring it."""
    with closing(Database(made.db)) as database, database.writing() as connection:
        ids = [found["id"] for found in connection.execute("SELECT id FROM accounts WHERE deleted = 0 ORDER BY rowid")]
        for account_id in dice.sample(ids, CHANGED):
            account = store.get(connection, account_id)
            assert account is not None
            account["mrr"] = (account["mrr"] or 0) + 100
            store.put(connection, account, datetime.now(UTC))


def _copied(made: Site, folder: Path) -> Site:
    """The same with a home of its own, unless that is too large to be copied for this."""
    if made.cache.stat().st_size > COPIED_UP_TO:
        return made
    home = folder / str(made.accounts)
    shutil.copytree(made.home, home)
    return replace(made, home=home)


def _settled(made: Site) -> None:
    """As after a day of syncs: no workspace waits for its members, of which each sync fetches some."""
    with closing(sqlite3.connect(made.cache)) as cache, cache:
        cache.execute("UPDATE member SET payload = '[]', fetched_at = ? WHERE payload IS NULL", (time.time(),))
