"""Freezes both files as this release makes them, once for each new number: PYTHONPATH=tests python -m kit.freeze"""

import re
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from data import schema
from data.backends.native import NativeBackend
from data.ports_list import Sort, View
from data.remedy import Draft, Order
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies
from triage.sandbox.process import start

RELEASED = Path(__file__).parents[1] / "wire" / "released"
NUMBERS = {"outbox": schema.OUTBOX_SCHEMA, "cache": schema.CACHE_SCHEMA}
_INFINITE = re.compile(r"(?<=,)Inf(?=[,)])")
REASON = "Frozen with the release, Iris rang"


def thaw(kind: str, number: int, path: Path) -> None:
    """Make a file as the release of that schema number had made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as made:
        made.executescript((RELEASED / f"{kind}_{number}.sql").read_text(encoding="utf-8"))
    path.chmod(0o600)


def dump(path: Path) -> str:
    """The whole file as SQL, its two numbers included."""
    with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(":memory:")) as made:
        file.backup(made)
        facts = {name: made.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")}
        head = [f"PRAGMA {name}={value};" for name, value in facts.items()]
        text = "\n".join((*head, *_dumped(made))) + "\n"
        return _INFINITE.sub("9e999", text)  # what iterdump writes for infinity is no SQL


def _dumped(made: sqlite3.Connection) -> Iterator[str]:
    """What iterdump writes, with the virtual tables, which it cannot read, made and filled at the end."""
    sql = "SELECT type, name, sql FROM sqlite_master WHERE type = 'trigger' OR sql LIKE 'CREATE VIRTUAL%'"
    apart = made.execute(f"{sql} ORDER BY type, name").fetchall()
    for kind, name, _ in reversed(apart):
        made.execute(f"DROP {kind} {name}")
    made.commit()
    yield from made.iterdump()
    yield from (f"{one};" for kind, _, one in apart if kind == "table")
    if apart:
        yield "INSERT INTO finder (rowid, text) SELECT number, search || char(10, 10) FROM listing;"
    yield from (f"{one};" for kind, _, one in apart if kind == "trigger")


def fill(session: Session) -> None:
    """A little of everything: applied, queued, held, taken back and unknown changes, a draft, heads and keys."""
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        rows = desk.open_list(View.BOOK, Sort.NAME, "").window(0, 3)
        accounts = [line.row.id for line in rows]
        note = [Order("note", account, None, {"text": f"About {account}"}, REASON) for account in accounts]
        desk.submit(note[0], hold=False)
        assert sync_once(session).summary.pushed == 1
        discount = {"kind": "scholarship", "percent": 7}
        order = Order("apply_discount", accounts[1], None, discount, REASON)
        desk.take_back(desk.submit(order).change_id)
        desk.submit(order)
        desk.submit(note[1], hold=False)
        lost = desk.submit(note[2], hold=False)
        desk.box.start(lost.change_id, session.clock())
        desk.save_draft(Draft(str(uuid.uuid4()), "grant_trial", accounts[0], None, {}, REASON, "", session.clock()))


def main() -> None:
    """Write the files that are not there yet."""
    with tempfile.TemporaryDirectory() as home, start(accounts=3, seed=5) as server:
        where = Path(home)
        fill(
            Session(
                place=Place(server.url, "default", where, where, "triage/frozen here", hold_seconds=3600),
                policies=Policies(),
                clock=lambda: datetime.now(UTC),
                connect=NativeBackend,
                token=TokenBox(lambda: server.token, lambda token: ""),
            )
        )
        for kind, number in NUMBERS.items():
            frozen = RELEASED / f"{kind}_{number}.sql"
            if not frozen.exists():
                frozen.write_text(dump(where / f"{kind}.db"), encoding="utf-8")


if __name__ == "__main__":
    main()
