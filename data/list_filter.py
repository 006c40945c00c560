"""What a person types after `/`: words that are searched for, and `name:value` that narrows a list by a verdict."""

import re
from collections.abc import Callable

Test = tuple[str, list[object]]
Tests = tuple[list[str], list[object]]
_TOKEN = re.compile(r"([\w-]+):(\"[^\"]*\"|\S*)")
_YES = ("yes", "true", "1")


def _text(column: str) -> Callable[[str], Test]:
    return lambda value: (f"{column} = ?", [value])


def _health(value: str) -> Test:
    return "band = ?", ["" if value in ("none", "unscored") else value]


def _drift(value: str) -> Test:
    levels = {"severe": "drift = 2", "moderate": "drift = 1", "any": "drift > 0", "none": "drift = 0"}
    return levels.get(value, "drift > 0" if value in _YES else "drift = 0"), []


def _leaf(value: str) -> Test:
    return "lower(leaf) = ?", [value.replace(" ", "_").replace("-", "_")]


def _red(value: str) -> Test:
    return f"red = {int(value in _YES)}", []


def _least(column: str) -> Callable[[str], Test]:
    """Minor units a month, from here on; `mrr` is stored negated."""
    return lambda value: (f"{column} <= ?", [-int(value)]) if value.isdigit() else ("0", [])


def _below(value: str) -> Test:
    return ("mrr > ?", [-int(value)]) if value.isdigit() else ("0", [])


_NAMED: dict[str, Callable[[str], Test]] = {
    "health": _health,
    "drift": _drift,
    "leaf": _leaf,
    "red": _red,
    "industry": lambda value: ("industry = ?", ["" if value == "unclassified" else value]),
    "owner": _text("owner"),
    "step": _text("step"),
    "mrr-from": _least("mrr"),
    "mrr-below": _below,
}
NAMES = tuple(_NAMED)


def filter_tests(text: str) -> Tests:
    """The conditions on `listing` of a filter and their values, in order; what names no verdict is searched for.

    Whoever half typed a name sees the list narrow by its letters, as with any other word.
    """
    tests: list[str] = []
    values: list[object] = []

    def narrowed(found: re.Match[str]) -> str:
        name, value = found[1].casefold().replace("_", "-"), found[2].strip('"').casefold()
        if name not in _NAMED or not value:
            return found[0]
        test, given = _NAMED[name](value)
        tests.append(test)
        values.extend(given)
        return " "

    words = " ".join(_TOKEN.sub(narrowed, text).split()).casefold()
    if words:
        tests.append("instr(search, ?) > 0")
        values.append(words)
    return tests, values
