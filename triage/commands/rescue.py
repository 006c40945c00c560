"""The rescue of a damaged outbox: whatever a copy of the file still yields, never touching the file itself."""

import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from data.errors import TriageError
from triage.commands.context import Context

TABLES = ("change", "trail", "draft", "head", "pinned_key")
_BODY = b'{"change_id":"'


def run_rescue(context: Context, out: Path | None) -> int:
    """Print everything readable as JSON lines `{"table", "values"}`; exit 1 when there is nothing."""
    path = context.settings.outbox_file
    if not path.exists():
        raise TriageError(f"There is no outbox at {path}.")
    lines = list(rescue(path))
    text = "".join(json.dumps(line) + "\n" for line in lines)
    if out is None:
        sys.stdout.write(text)
    else:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    changes = sum(line["table"] in ("change", "body") for line in lines)
    context.say(f"{changes} changes and {len(lines) - changes} other rows read from {path}. The file was not touched.")
    return 0 if lines else 1


def rescue(path: Path) -> Iterator[dict[str, Any]]:
    """Yield `{"table", "values"}` of every readable row, then `body` for changes found only in the raw bytes."""
    seen: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="triage-rescue-") as scratch:
        copy = Path(scratch) / path.name
        for suffix in ("", "-journal"):  # a journal left by a crash belongs to the data
            original = path.with_name(path.name + suffix)
            if original.exists():
                shutil.copyfile(original, copy.with_name(copy.name + suffix))
        for table in TABLES:
            for values in _rows(copy, table):
                if table == "change":
                    seen.add(str(values.get("change_id")))
                yield {"table": table, "values": values}
    for body in _bodies(path.read_bytes()):
        if body["change_id"] not in seen:
            seen.add(body["change_id"])
            yield {"table": "body", "values": body}


def _rows(copy: Path, table: str) -> Iterator[dict[str, Any]]:
    """Read a table from both ends, so that one damaged page in the middle costs only itself."""
    found: dict[int, dict[str, Any]] = {}
    for order in ("ASC", "DESC"):
        try:
            with closing(sqlite3.connect(copy)) as connection:
                connection.row_factory = sqlite3.Row
                connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
                for row in connection.execute(f"SELECT rowid AS rescued, * FROM {table} ORDER BY rowid {order}"):
                    values = {name: _plain(row[name]) for name in row.keys()}  # noqa: SIM118
                    found[values.pop("rescued")] = values
        except sqlite3.Error:
            continue
    yield from (found[number] for number in sorted(found))


def _bodies(raw: bytes) -> Iterator[dict[str, Any]]:
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
