"""Draining an outbox of 1,000 changes beside the same POSTs from a bare httpx loop against the same server."""

import json
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import peers
from figures import Row, ratio
from screen import Broken
from whole import Ran, in_turns, processor, run, walls
from world import KEPT, Site, environment, serving

from data.backends.native import NativeBackend
from data.outbox import Outbox
from data.remedy import Change, Order, Preview, State

GROUP = "push"
CHANGES = 1_000
ON_DISK = 200  # whose every step waits for the disk, in both ways
REASON = "Agreed on the phone with their admin"


class Drain:
    """Both ways to bring a discount an account to one server, each time with other percentages."""

    def __init__(self, made: Site, scratch: Path) -> None:
        self._made, self._scratch = made, scratch
        self._turn = 0

    def ours(self) -> Ran:
        """`triage outbox push` on a home whose outbox was written before."""
        home = self._scratch / f"home-{self._turn}"
        self._write(home / "state" / "default")
        done = run(self._made.triage("outbox", "push", home=home), self._made.env)
        with closing(Outbox.open(home / "state" / "default")) as box:
            if len(box.changes(State.APPLIED)) != self._made.accounts:
                raise Broken("not every change was applied")
        shutil.rmtree(home)
        return done

    def peer(self) -> Ran:
        """The same bodies and headers from a file."""
        home = self._scratch / "bare"
        changes = self._write(home)
        orders = [
            [
                {
                    "Idempotency-Key": one.change_id,
                    "Content-Type": "application/json",
                    "If-Match": f'"cv-{one.base_version}"',
                },
                one.body.decode(),
            ]
            for one in changes
        ]
        path = self._scratch / "orders"
        path.write_text("\n".join(map(json.dumps, orders)), encoding="utf-8")
        shutil.rmtree(home)
        argv = [peers.ours(), peers.script("post_loop"), self._made.server.url, self._made.server.token, str(path)]
        return run(argv, self._made.env)

    def _write(self, folder: Path) -> list[Change]:
        """A change an account, as a person would have submitted them."""
        self._turn += 1
        server, now = self._made.server, datetime.now(UTC)
        with closing(NativeBackend(server.url, server.token)) as backend:
            identity = backend.identity()
            accounts = [item.account for batch in backend.accounts(None) for item in batch.items]
        params = {"kind": "scholarship", "percent": self._turn}
        with closing(Outbox.open(folder)) as box:
            return [
                box.author(
                    Order("apply_discount", account.id, params=params, reason=REASON),
                    change_id=str(uuid.uuid4()),
                    account=account,
                    identity=identity,
                    base_url=server.url,
                    client="bench",
                    preview=Preview("apply_discount", account.id, None, {}, {"discount": params}, ()),
                    now=now,
                )
                for account in accounts
            ]


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """In memory, where only work counts, and on the disk with all its waiting; the book's size does not matter."""
    versus = "the same POSTs, a bare httpx loop"
    for where, folder, changes in (("files in memory", None, CHANGES), ("files on the disk", KEPT, ON_DISK)):
        ours, peer = _drained(folder, changes, max(2, rounds // 2))
        what = f"draining an outbox of {changes:,} changes, whole process, {where}"
        beside = processor(ours), processor(peer)
        yield ratio(GROUP, accounts, what, versus, 1.3, walls(ours), walls(peer), beside=beside)


def _drained(folder: Path | None, changes: int, times: int) -> list[list[Ran]]:
    with tempfile.TemporaryDirectory(dir=folder) as made_at:
        scratch = Path(made_at)
        with serving(changes, scratch / "book.db") as server:
            made = Site(changes, server, scratch / "book.db", scratch, environment(server))
            drain = Drain(made, scratch)
            return in_turns(times, drain.ours, drain.peer)
