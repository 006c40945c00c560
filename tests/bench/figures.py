"""One row of the table: its goal, its figures with their spread, and whether the goal is met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

PASS, SHORT, ABSENT = "pass", "short", "peer not installed"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of docs/benchmarks.md; `book` is the number of accounts it was measured with."""

    group: str
    what: str
    versus: str
    goal: str
    figure: str
    ours: str
    peer: str
    verdict: str
    book: int


def ratio(
    group: str,
    book: int,
    what: str,
    versus: str,
    goal: float | None,
    ours: Sequence[float],
    peer: Sequence[float],
    unit: str = "ms",
    beside: tuple[str, str] = ("", ""),
) -> Row:
    """A ratio of medians; `goal` None: shown for comparison only. `beside` is added to the two cells."""
    found = statistics.median(ours) / statistics.median(peer)
    wanted = "" if goal is None else f"≤ {goal:g} ×"
    verdict = "" if goal is None else PASS if found <= goal else SHORT
    cells = spread(ours, unit) + beside[0], spread(peer, unit) + beside[1]
    return Row(group, what, versus, wanted, f"{_number(found, 2)} ×", *cells, verdict, book)


def limit(group: str, book: int, what: str, goal: float | None, values: Sequence[float], unit: str = "ms") -> Row:
    """A median against a fixed limit, without a peer."""
    found = statistics.median(values)
    wanted = "" if goal is None else f"≤ {goal:g} {unit}"
    verdict = "" if goal is None else PASS if found <= goal else SHORT
    return Row(group, what, "–", wanted, f"{_number(found)} {unit}", spread(values, unit), "", verdict, book)


def absent(group: str, book: int, what: str, versus: str, goal: float | None) -> Row:
    """The row of a peer that is not there."""
    return Row(group, what, versus, "" if goal is None else f"≤ {goal:g} ×", "–", "–", "–", ABSENT, book)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of all lies, by rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def spread(values: Sequence[float], unit: str) -> str:
    """The median with the least and the greatest."""
    low, high = _number(min(values)), _number(max(values))
    return f"{_number(statistics.median(values))} {unit} ({low}–{high})"


def _number(value: float, places: int | None = None) -> str:
    if places is not None:
        return f"{value:.{places}f}" if value >= 0.1 else f"{value:.3f}"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
