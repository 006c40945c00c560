"""An exported audit trail: JSON lines or CSV that carry all that is needed to verify them, and the way back."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from data.account import Entry, EntryFields, Value
from data.audit_proof import Evidence
from data.errors import BadAnswer, TriageError, UnreadableEntry
from data.own_chain import Linked
from data.receipts import Pin, Seen, Signed
from data.safe_text import escaped
from data.wire import decoder, encode, mended, plain, refuse_edges, safe_tree
from triage.commands.tables import csv_text

FORMAT = 1
HEADS = (
    "seq",
    "applied_at",
    "staff_id",
    "name",
    "action",
    "account_id",
    "workspace_id",
    "outcome",
    "reason",
    "authored_at",
    "change_id",
    "before",
    "after",
    "prev_hash",
    "hash",
    "raw",
)
CLOSING = "closing"
LONGEST_CELL = 16 * 1024 * 1024
CHUNK = 500


class Closing(Value, frozen=True):
    """The last line: how many entries stand above it, the signed head, the keys, and the head seen last."""

    triage_audit: int
    backend: str
    exported_at: datetime
    entries: int
    last_hash: str
    signed: Signed | None
    keys: tuple[Pin, ...]
    remembered: Seen | None
    own: bool = False


class Line(Value, frozen=True, forbid_unknown_fields=True):
    """One entry of the file: its number, the text that was hashed, the hash before and its own."""

    seq: int
    raw: str
    prev_hash: str
    hash: str


class NotAnExport(TriageError):
    """The file cannot be one of ours: it lacks its closing line, or is no text."""


_line = decoder(Line)
_closing = decoder(Closing)
_fields = decoder(EntryFields)
_text = decoder(str)


# --- writing ---


def json_lines(
    entries: Iterable[Linked], evidence: Evidence, backend: str, now: datetime, *, own: bool = False
) -> Iterator[str]:
    """Yield one line an entry and the closing one; whatever is not plain ASCII is escaped, so nothing of it acts.

    `own`: they are links of the home's own chain.
    """
    count, last = 0, ""
    for entry in entries:
        line = {"seq": entry.seq, "raw": entry.raw, "prev_hash": entry.prev_hash, "hash": entry.hash}
        yield _ascii(line) + "\n"
        count, last = count + 1, entry.hash
    yield _ascii(_closed(evidence, backend, now, count, last, own)) + "\n"


def csv_lines(entries: Iterable[Entry], evidence: Evidence, backend: str, now: datetime) -> Iterator[str]:
    """Yield CSV in pieces: readable cells guarded against formulas, `raw` as a JSON string, a closing row."""
    yield csv_text(HEADS, [])
    count, last = 0, ""
    rows: list[Sequence[object]] = []
    for entry in entries:
        rows.append(_cells(entry))
        count, last = count + 1, entry.hash
        if len(rows) == CHUNK:
            yield _rows_text(rows)
            rows.clear()
    closing = _ascii(_closed(evidence, backend, now, count, last))
    yield _rows_text([*rows, [CLOSING, *[None] * (len(HEADS) - 2), closing]])


def _ascii(value: object) -> str:
    """JSON of plain ASCII: json.dumps would leave a DEL as it is, and the cells of a CSV would lose it."""
    return escaped(json.dumps(value))


def _closed(evidence: Evidence, backend: str, now: datetime, count: int, last: str, own: bool = False) -> Any:
    made = Closing(FORMAT, backend, now, count, last, evidence.signed, evidence.keys, evidence.remembered, own)
    return plain(made)


def _cells(entry: Entry) -> list[object]:
    actor, values = entry.actor, plain(entry)
    return [
        entry.seq,
        values["applied_at"],
        actor.staff_id,
        actor.name,
        entry.action,
        entry.account_id,
        entry.workspace_id,
        entry.outcome,
        entry.reason,
        values["authored_at"],
        entry.change_id,
        encode(entry.before).decode(),
        encode(entry.after).decode(),
        entry.prev_hash,
        entry.hash,
        _ascii(entry.raw),
    ]


def _rows_text(rows: Sequence[Sequence[object]]) -> str:
    return csv_text((), rows).split("\r\n", 1)[1]


# --- reading ---


class Export:
    """An exported file, read once: the entries in order, then what its closing line says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.closing = self._last()

    def evidence(self, key: str | None, seen: Seen | None) -> Evidence:
        """What the file is held against: its own head and keys, or the key and the head that a person brought."""
        closing = self.closing
        keys = closing.keys
        if key is not None and closing.signed is not None:
            keys = (Pin(closing.signed.key_id, key),)
        return Evidence(
            signed=closing.signed, keys=keys, remembered=seen or closing.remembered, lags=seen is None, own=False
        )

    def links(self) -> Iterator[Line]:
        """The links of an exported own chain; a last one that is none where the closing line does not fit."""
        count, last = 0, ""
        with self.path.open(encoding="utf-8", errors="replace", newline="") as file:
            for line in _json_lines(file):
                yield line
                count, last = count + 1, line.hash
        if (count, last) != (self.closing.entries, self.closing.last_hash):
            yield Line(0, "", "", "")

    def entries(self) -> Iterator[Entry]:
        """The entries as they stand there; UnreadableEntry where one is none."""
        count, last = 0, ""
        for entry in self._read():
            yield entry
            count, last = count + 1, entry.hash
        if (count, last) != (self.closing.entries, self.closing.last_hash):
            raise BadLine(
                count + 1, f"The file holds {count} entries, its closing line speaks of {self.closing.entries}."
            )

    def _read(self) -> Iterator[Entry]:
        with self.path.open(encoding="utf-8", errors="replace", newline="") as file:  # the hash finds what is replaced
            if self._is_csv:
                yield from _csv_entries(file)
            else:
                yield from _json_entries(file)

    @property
    def _is_csv(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(4) == b"seq,"

    def _last(self) -> Closing:
        """The closing line, found from the end of the file."""
        try:
            text = _tail(self.path)
            if self._is_csv:
                text = _parse(text)[-1]
            refuse_edges(text.encode())
            return _closing.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError, csv.Error, IndexError, BadAnswer):
            raise NotAnExport(
                f"{self.path} does not end with the closing line of an export: it was cut, or is none. Nothing of it "
                "is proven."
            ) from None


class BadLine(UnreadableEntry):
    """A line of the file that is not the entry due there."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(seq)
        self.args = (why,)


def _json_entries(file: Iterable[str]) -> Iterator[Entry]:
    for due, line in enumerate(_json_lines(file), start=1):
        yield _entry(line, due)


def _json_lines(file: Iterable[str]) -> Iterator[Line]:
    due = 1
    for text in file:
        if '"triage_audit"' in text[:40]:
            return
        try:
            line = _line.decode(text)
        except (msgspec.DecodeError, UnicodeError):
            raise BadLine(due, f"Line {due} is not an entry.") from None
        yield line
        due += 1


def _csv_entries(file: Iterable[str]) -> Iterator[Entry]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(file)
    next(reader, None)
    for due in count(1):
        try:
            row = next(reader, [CLOSING])
            if row[:1] == [CLOSING]:
                return
            cells = dict(zip(HEADS, row, strict=True))
            line = Line(int(cells["seq"]), _text.decode(cells["raw"]), cells["prev_hash"], cells["hash"])
        except (ValueError, RecursionError, csv.Error):
            raise BadLine(due, f"Row {due} is not an entry.") from None
        entry = _entry(line, due)
        for name, told, meant in zip(HEADS, row, _parse(_rows_text([_cells(entry)])), strict=True):
            if told != meant:
                raise BadLine(line.seq, f"Entry {line.seq}: the cell {name} is not what its text says.")
        yield entry


def _entry(line: Line, due: int) -> Entry:
    """The entry that a line's text holds, under the number that the line gives it."""
    try:
        said = _fields.decode(mended(line.raw.encode()))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadLine(due, f"Entry {due}: its text is not an audit entry.") from None
    fields = {name: getattr(said, name) for name in EntryFields.__struct_fields__}
    fields |= {"seq": line.seq, "before": safe_tree(said.before), "after": safe_tree(said.after)}
    return Entry(**fields, raw=line.raw, prev_hash=line.prev_hash, hash=line.hash)


def _parse(text: str) -> list[str]:
    csv.field_size_limit(LONGEST_CELL)
    return next(csv.reader(io.StringIO(text, newline="")), [])


def _tail(path: Path) -> str:
    """The last line of a file; it is ASCII and short."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - LONGEST_CELL))
        return file.read().rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode()
