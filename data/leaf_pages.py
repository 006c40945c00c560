"""Rows read off the intact pages of a damaged SQLite file, without SQLite: each leaf page stands for itself."""

import struct
from collections.abc import Iterator
from typing import TypeAlias

Value: TypeAlias = int | float | str | bytes | None

PAGE_SIZE = 4096
_LEAF = 0x0D
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_FLOAT, _ZERO, _ONE, _BLOB, _TEXT = 7, 8, 9, 12, 13
_LONGEST_ROW = 16 * 1024 * 1024
_SMALLEST_CELL = 4  # bytes, with the pointer to it


class _Broken(Exception):
    """These bytes are no row."""


def leaf_rows(raw: bytes) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """Yield rowid and stored values of every whole row on a page of the table-leaf kind, in the order of the file.

    Pages that SQLite has given up keep their old rows, so that an older version of a row may come as well. A column
    that is the rowid itself comes as None.
    """
    size, usable = _sizes(raw)
    for start in range(0, len(raw), size):
        head = start + (100 if start == 0 else 0)
        page = raw[start : start + size]
        if len(page) < size or raw[head] != _LEAF:
            continue
        count = int.from_bytes(raw[head + 3 : head + 5], "big")
        for number in range(min(count, size // _SMALLEST_CELL)):  # a damaged number may promise more than fits
            at = head + 8 + 2 * number
            try:
                yield _cell(raw, size, usable, start + int.from_bytes(raw[at : at + 2], "big"))
            except _Broken:
                continue


def _sizes(raw: bytes) -> tuple[int, int]:
    """Page size and its usable part by the header; what our own files have where the header is lost."""
    size = int.from_bytes(raw[16:18], "big")
    size = 65536 if size == 1 else size
    if raw[:16] != b"SQLite format 3\0" or size < 512 or size & (size - 1):
        return PAGE_SIZE, PAGE_SIZE
    return size, size - raw[20]


def _cell(raw: bytes, size: int, usable: int, at: int) -> tuple[int, tuple[Value, ...]]:
    ends = at - at % size + usable
    if ends > len(raw):
        raise _Broken
    length, at = _varint(raw, at, ends)
    rowid, at = _varint(raw, at, ends)
    if not 0 < length <= _LONGEST_ROW:
        raise _Broken
    most = usable - 35
    if length <= most:
        local = length
    else:
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= most else least
    if at + local > ends:
        raise _Broken
    payload = raw[at : at + local]
    if length > local:
        payload += _overflow(raw, size, usable, at + local, length - local)
    return rowid, tuple(_values(payload))


def _overflow(raw: bytes, size: int, usable: int, at: int, missing: int) -> bytes:
    """Follow the chain of pages that hold the rest of a long row."""
    found = bytearray()
    number = int.from_bytes(raw[at : at + 4], "big")
    while missing > 0:
        start = (number - 1) * size
        if number < 2 or start + size > len(raw):
            raise _Broken
        number = int.from_bytes(raw[start : start + 4], "big")
        some = raw[start + 4 : start + 4 + min(missing, usable - 4)]
        found += some
        missing -= len(some)
    return bytes(found)


def _values(payload: bytes) -> Iterator[Value]:
    ends, at = _varint(payload, 0, len(payload))
    kinds = []
    while at < ends:
        kind, at = _varint(payload, at, min(ends, len(payload)))
        kinds.append(kind)
    for kind in kinds:
        length = _INTEGERS.get(kind, 8 if kind == _FLOAT else max(0, kind - _BLOB) // 2)
        some = payload[at : at + length]
        if len(some) < length or kind in (10, 11):
            raise _Broken
        at += length
        yield _value(kind, some)


def _value(kind: int, some: bytes) -> Value:
    if kind == 0:
        return None
    if kind in (_ZERO, _ONE):
        return kind - _ZERO
    if kind == _FLOAT:
        (number,) = struct.unpack(">d", some)
        return float(number)
    if kind < _FLOAT:
        return int.from_bytes(some, "big", signed=True)
    if kind % 2 == 0:
        return some
    try:
        return some.decode("utf-8")
    except UnicodeDecodeError:
        raise _Broken from None


def _varint(raw: bytes, at: int, ends: int) -> tuple[int, int]:
    """Read a number of one to nine bytes; returns it and where the next thing begins."""
    number = 0
    for place in range(9):
        if at >= ends:
            raise _Broken
        byte = raw[at]
        at += 1
        if place == 8:
            return (number << 8) | byte, at
        number = (number << 7) | (byte & 0x7F)
        if byte < 0x80:
            return number, at
    raise _Broken
