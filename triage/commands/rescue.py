"""The rescue of a damaged outbox: whatever a copy of the file still yields, never touching the file itself."""

import json
import math
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from data.errors import NotPossible, OutboxDamaged, TriageError
from data.leaf_pages import Value, leaf_rows
from data.outbox import Outbox
from data.outbox_presence import put_aside
from data.safe_text import escaped
from data.schema import OUTBOX_SQL
from triage.commands.context import Context, emit

TABLES = ("change", "trail", "draft", "outreach", "head", "pinned_key")
_BODY = b'{"change_id":"'
_KINDS = {"VARCHAR": (str,), "INTEGER": (int,), "FLOAT": (float, int), "BLOB": (bytes,)}
Line = dict[str, Any]


def run_rescue(context: Context, out: Path | None) -> int:
    """Print everything readable as JSON lines `{"table", "values"}`; exit 1 when there is nothing."""
    path = context.settings.outbox_file
    if not path.is_file():
        raise TriageError(f"There is no outbox at {path}.")
    lines = list(rescue(path))
    text = "".join(escaped(json.dumps(line)) + "\n" for line in lines)
    if out is None:
        sys.stdout.write(text)
    else:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    changes = sum(line["table"] in ("change", "body") for line in lines)
    context.say(f"{changes} changes and {len(lines) - changes} other rows read from {path}. The file was not touched.")
    return 0 if lines else 1


def run_new_outbox(context: Context) -> int:
    """Put an unusable outbox aside and begin an empty one; NotPossible where the one that stands is sound."""
    from triage.commands.joined import utc_now

    directory = context.settings.outbox_file.parent
    try:
        Outbox.open(directory).close()
    except OutboxDamaged:  # not a full disk, nor a newer triage's outbox
        aside = put_aside(directory, utc_now())
        Outbox.open(directory).close()
    else:
        raise NotPossible(f"The outbox at {context.settings.outbox_file} is sound. Nothing was done.")
    emit(f"An empty outbox stands at {context.settings.outbox_file}.")
    if aside is not None:
        emit(f"The one before is kept in {aside}. What it had not sent is not sent by the new one.")
    return 0


def rescue(path: Path) -> Iterator[Line]:
    """Yield `{"table", "values"}` of every readable row.

    What SQLite no longer reads comes from the intact pages, marked `"carved": true`: its state may be an older one.
    Then `body` for changes of which only the request body is left.
    """
    with tempfile.TemporaryDirectory(prefix="triage-rescue-") as scratch:
        copy = Path(scratch) / path.name
        for suffix in ("", "-journal"):  # a journal left by a crash belongs to the data
            original = path.with_name(path.name + suffix)
            if original.is_file():
                shutil.copyfile(original, copy.with_name(copy.name + suffix))
        read = {table: dict(_rows(copy, table)) for table in TABLES}
        raw = copy.read_bytes()
    shapes = _shapes()
    carved = _carved(raw, shapes, read)
    for table in TABLES:
        yield from ({"table": table, "values": values} for _, values in sorted(read[table].items()))
        yield from ({"table": table, "values": values, "carved": True} for values in carved[table])
    seen = {str(values.get("change_id")) for values in (*read["change"].values(), *carved["change"])}
    for body in _bodies(raw):
        if body["change_id"] not in seen:
            seen.add(body["change_id"])
            yield {"table": "body", "values": body}


def _rows(copy: Path, table: str) -> Iterator[tuple[int, Line]]:
    """Read a table from both ends, so that one damaged page in the middle costs only itself."""
    for order in ("ASC", "DESC"):
        try:
            with closing(sqlite3.connect(copy)) as connection:
                connection.row_factory = sqlite3.Row
                connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
                for row in connection.execute(f"SELECT rowid AS rescued, * FROM {table} ORDER BY rowid {order}"):
                    values = {name: _plain(row[name]) for name in row.keys()}  # noqa: SIM118
                    yield values.pop("rescued"), values
        except sqlite3.Error:
            continue


# --- pages ---
def _shapes() -> dict[str, list[sqlite3.Row]]:
    """The columns of our tables: (place, name, type, not null, default, place in the key)."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(OUTBOX_SQL)
        return {table: connection.execute(f"PRAGMA table_info({table})").fetchall() for table in TABLES}


def _carved(
    raw: bytes, shapes: dict[str, list[sqlite3.Row]], read: dict[str, dict[int, Line]]
) -> dict[str, list[Line]]:
    """Find the rows of the intact pages that SQLite did not give, each once: the version that got furthest."""
    keys = {table: [shape[1] for shape in shapes[table] if shape[5]] for table in TABLES}
    known = {(table, *_key(values, keys[table])) for table in TABLES for values in read[table].values()}
    found: dict[str, dict[tuple[str, ...], Line]] = {table: {} for table in TABLES}
    for rowid, stored in leaf_rows(raw):
        for table, shape in shapes.items():
            values = _named(shape, rowid, stored)
            if values is None:
                continue
            key = _key(values, keys[table])
            before = found[table].get(key)
            if (table, *key) not in known and (before is None or _progress(values) >= _progress(before)):
                found[table][key] = values
    changes = set(found["change"]) | {key[1:] for key in known if key[0] == "change"}
    found["draft"] = {key: values for key, values in found["draft"].items() if key not in changes}  # queued since
    return {table: list(rows.values()) for table, rows in found.items()}


def _named(shape: list[sqlite3.Row], rowid: int, stored: tuple[Value, ...]) -> Line | None:
    """Return a row of the pages with its column names, None when it is not of this table."""
    if len(stored) != len(shape):
        return None
    values: Line = {}
    for (_, name, kind, required, _, in_key), value in zip(shape, stored, strict=True):
        if value is None and kind == "INTEGER" and in_key:
            value = rowid
        if not isinstance(value, _KINDS[kind]) and (required or value is not None):
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return None
        values[name] = _plain(value)
    return values


def _key(values: Line, names: list[str]) -> tuple[str, ...]:
    """Return what tells a row from others of its table; a foreign file's table may lack the columns."""
    return tuple(str(values.get(name)) for name in names)


def _progress(values: Line) -> tuple[bool, int]:
    return values.get("finished_at") is not None, int(values.get("attempts") or 0)


# --- bytes ---
def _bodies(raw: bytes) -> Iterator[Line]:
    """Find the bodies of changes in raw bytes: each is one JSON text that begins with its change id."""
    decode = json.JSONDecoder().raw_decode
    at = raw.find(_BODY)
    while at >= 0:
        try:
            body, _ = decode(raw[at : at + 65536].decode("utf-8", "replace"))
            yield body
        except ValueError:
            pass
        at = raw.find(_BODY, at + 1)


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
