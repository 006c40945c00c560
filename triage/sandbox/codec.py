"""JSON and time on the wire: strict decoding of what clients send, compact encoding of what the server says."""

import json
import math
import re
from datetime import UTC, date, datetime
from typing import Any

import msgspec

MAX_DEPTH = 32
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)


class Malformed(ValueError):
    """The bytes are not JSON as the contract wants it; the message is fit for the sender's eyes."""


def dumps(value: object) -> str:
    """Compact JSON text of plain values."""
    return msgspec.json.encode(value).decode()


def loads(text: str) -> Any:
    """Decode JSON text the server itself has written."""
    return msgspec.json.decode(text)


def strict_loads(raw: bytes) -> Any:
    """Decode a client's JSON; refuses deep nesting, duplicate keys, NaN, infinities and lone surrogates."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    _check_depth(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite, parse_int=_integer
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except Malformed:
        raise
    except UnicodeEncodeError:
        raise Malformed("A text holds half a surrogate pair.") from None
    except ValueError as error:
        raise Malformed(f"The body is not JSON: {error}.") from None
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
        elif mark in "]}":
            depth -= 1


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("An object holds the same key twice.")
    return result


def _no_constant(name: str) -> Any:
    raise Malformed(f"{name} is not a JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed("A number is out of range.")
    return number


def _integer(text: str) -> int:
    if len(text) > 18:
        raise Malformed("A number is out of range.")
    return int(text)


def stamp(moment: datetime, micro: bool = False) -> str:
    """RFC 3339 UTC text of an aware datetime, whole seconds unless `micro`."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds" if micro else "seconds")
    return text.replace("+00:00", "Z")


def parse_stamp(text: str) -> datetime:
    """Aware UTC datetime of an RFC 3339 UTC timestamp; ValueError when it is none."""
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError("not an RFC 3339 UTC timestamp such as 2026-11-21T07:40:00Z")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def day(text: str) -> date:
    """The date of `YYYY-MM-DD`."""
    return date.fromisoformat(text)
