"""What a person types after `/`: words that are searched for, and `name:value` that narrows a list by a verdict."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime

UNCLASSIFIED = "unclassified"

AMOUNT_DIGITS = 18  # more does not fit the column
Test = tuple[str, list[object]]
Tests = tuple[list[str], list[object]]
_TOKEN = re.compile(r"([\w-]+):(\"(?:[^\"]|\"\")*\"|\S*)")
_UNSCORED = ("none", "unscored")
_NOTHING: Test = ("0", [])
_YES = ("yes", "true", "1")


def _text(column: str) -> Callable[[str], Test]:
    return lambda value: (f"{column} = ?", [value])


def _health(value: str) -> Test:
    """One class, several between commas, `unscored`, or `scored` for all that have one."""
    if value == "scored":
        return "band <> ''", []
    bands = ["" if one in _UNSCORED else one for one in value.split(",")]
    return f"band IN ({', '.join('?' * len(bands))})", [*bands]


def _drift(value: str) -> Test:
    levels = {"severe": "drift = 2", "moderate": "drift = 1", "any": "drift > 0", "none": "drift = 0"}
    return levels.get(value, "drift > 0" if value in _YES else "drift = 0"), []


def _leaf(value: str) -> Test:
    return "lower(leaf) = ?", [value.replace(" ", "_").replace("-", "_")]


def _red(value: str) -> Test:
    return f"red = {int(value in _YES)}", []


def _least(column: str) -> Callable[[str], Test]:
    """Minor units a month, from here on; `mrr` is stored negated."""
    return lambda value: (f"{column} <= ?", [-int(value)]) if _is_amount(value) else _NOTHING


def _below(value: str) -> Test:
    return ("mrr > ?", [-int(value)]) if _is_amount(value) else _NOTHING


def _is_amount(value: str) -> bool:
    return value.isdecimal() and len(value) <= AMOUNT_DIGITS


def _industry(value: str) -> Test:
    """Whoever has none is unclassified, and so is who is called that."""
    return ("industry IN ('', ?)" if value == UNCLASSIFIED else "industry = ?"), [value]


def _sla_before(value: str) -> Test:
    """Red accounts whose next clock runs out before a moment with its zone, as `2026-11-20T16:05:00Z`."""
    at = _moment(value)
    return _NOTHING if at is None else ("red = 1 AND sla < ?", [at])


def _moment(value: str) -> float | None:
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def _designated(side: str) -> Callable[[str], Test]:
    """Accounts whose last Red episode began before, or from, a moment with its zone; 9e999 is SQL's infinity."""

    def test(value: str) -> Test:
        at = _moment(value)
        return _NOTHING if at is None else (f"designated < 9e999 AND designated {side} ?", [at])

    return test


def _ids(side: str) -> Callable[[str], Test]:
    """Exactly these accounts, or all but them; their ids between blanks."""
    sql = f"number {side} (SELECT number FROM account WHERE id IN (SELECT value FROM json_each(?)))"
    return lambda value: (sql, [json.dumps(value.split())])


_NAMED: dict[str, Callable[[str], Test]] = {
    "health": _health,
    "drift": _drift,
    "leaf": _leaf,
    "red": _red,
    "industry": _industry,
    "owner": _text("owner"),
    "step": _text("step"),
    "mrr-from": _least("mrr"),
    "mrr-below": _below,
    "mrr": lambda value: (f"no_mrr = {int(value in ('unknown', 'none'))}", []),
    "fell": _text("fell"),
    "sla-before": _sla_before,
    "alerted": lambda value: (f"alerted = {int(value in _YES)}", []),
    "designated-from": _designated(">="),
    "designated-before": _designated("<"),
    "unanswered": lambda value: (f"unanswered = {int(value in _YES)}", []),
    "id": _ids("IN"),
    "not-id": _ids("NOT IN"),
}
NAMES = tuple(_NAMED)
_AS_TYPED = ("id", "not-id", "owner")  # where case makes a difference


def named(name: str, value: str) -> str:
    """Write `name:value` so that it is read again as exactly this value."""
    quoted = value.replace('"', '""')
    return f'{name}:"{quoted}"' if quoted != value or not value or len(value.split()) != 1 else f"{name}:{value}"


def these(ids: Iterable[str], name: str = "id") -> str:
    """The filter that finds exactly these accounts, or with `not-id` all but them."""
    return named(name, " ".join(ids))


def filter_tests(text: str) -> Tests:
    """The conditions on `listing` of a filter and their values, in order; what names no verdict is searched for.

    Whoever half typed a name sees the list narrow by its letters, as with any other word.
    """
    tests: list[str] = []
    values: list[object] = []

    def narrowed(found: re.Match[str]) -> str:
        name, value = found[1].casefold().replace("_", "-"), _unquoted(found[2])
        if name not in _NAMED or not value:
            return found[0]
        value = value if name in _AS_TYPED else value.casefold()
        test, given = _NAMED[name](value)
        tests.append(test)
        values.extend(given)
        return " "

    words = " ".join(_TOKEN.sub(narrowed, text).split()).casefold()
    if words:
        tests.append("instr(search, ?) > 0")
        values.append(words)
    return tests, values


def _unquoted(value: str) -> str:
    whole = len(value) > 1 and value.startswith('"') and value.endswith('"')
    return value[1:-1].replace('""', '"') if whole else value.strip('"')
