"""How well the index ranks churn that is known (H19): AUC, lift of the worst tenth, calibration."""

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter

from data.health_index import Backtest, Bin, Labelled, Ranking
from triage.policy_index import IndexRules
from triage.rules.days import TOLERANCE
from triage.rules.index_worth import renewal

INDEX = "index"
TENTH = 0.1
Point = tuple[float, bool]  # a score, and whether the customer left


def backtest(rows: Sequence[Labelled], rules: IndexRules) -> Backtest:
    """H19: the index and each component alone, over the rows that have the score; honest where the index loses."""
    names = list(dict.fromkeys(name for row in rows for name in row.components))
    index = _ranking(INDEX, [(row.score, row) for row in rows], rules)
    components = tuple(_ranking(name, [(row.components.get(name), row) for row in rows], rules) for name in names)
    beaten = tuple(one.name for one in components if one.beats_index)
    return Backtest(len(rows), sum(row.churned for row in rows), index, components, beaten)


def auc(points: Sequence[Point]) -> float | None:
    """The chance that a customer who left had a lower score than one who stayed, ties half; None with one label."""
    left = sum(churned for _, churned in points)
    stayed = len(points) - left
    if not left or not stayed:
        return None
    won = 0.0
    stayed_above = stayed
    for _, tied in groupby(sorted(points, key=itemgetter(0)), key=itemgetter(0)):
        labels = [churned for _, churned in tied]
        gone = sum(labels)
        here = len(labels) - gone
        stayed_above -= here
        won += gone * (stayed_above + here / 2)
    return won / (left * stayed)


def lift(points: Sequence[Point]) -> float | None:
    """The churn rate of the tenth with the lowest scores over the overall rate; None where nobody left."""
    base = sum(churned for _, churned in points)
    if not base:
        return None
    [worst, *_] = _cut(points, [TENTH * len(points)], _nothing)
    return worst.observed / (base / len(points))


def bins(points: Sequence[Point], rules: IndexRules) -> tuple[Bin, ...]:
    """Calibration: bins of equally many rows, worst scores first; foretold is 1 - renewal (H15)."""
    count = rules.backtest_bins
    size = len(points) / count
    return tuple(_cut(points, [size] * count, lambda score: 1.0 - renewal(score, rules.heuristics)))


def brier(points: Sequence[Point], rules: IndexRules) -> float | None:
    """The mean squared distance of the foretold churn (1 - renewal) from what happened; 0 is perfect."""
    if not points:
        return None
    return sum((1.0 - renewal(score, rules.heuristics) - churned) ** 2 for score, churned in points) / len(points)


def calibration_error(found: Sequence[Bin]) -> float | None:
    """The mean distance of foretold and observed over the bins, weighted by their rows."""
    rows = sum(one.rows for one in found)
    return sum(one.rows * abs(one.foretold - one.observed) for one in found) / rows if rows else None


def _ranking(name: str, rows: list[tuple[float | None, Labelled]], rules: IndexRules) -> Ranking:
    points = [(value, row.churned) for value, row in rows if value is not None]
    common = [(value, row.score, row.churned) for value, row in rows if value is not None and row.score is not None]
    alone, index = auc([(one, left) for one, _, left in common]), auc([(both, left) for _, both, left in common])
    better = None if name == INDEX or alone is None or index is None else alone > index + TOLERANCE
    found = bins(points, rules)
    return Ranking(
        name,
        len(points),
        len(rows) - len(points),
        sum(left for _, left in points),
        auc(points),
        index,
        better,
        lift(points),
        brier(points, rules),
        calibration_error(found),
        found,
    )


def _nothing(_score: float) -> float:
    return 0.0


def _cut(points: Sequence[Point], sizes: Sequence[float], foretell: Callable[[float], float]) -> list[Bin]:
    """Consecutive bins of `sizes` rows from the lowest score up.

    Rows of one score share a cut in equal parts, so that no order among equals, and no file's order, changes a number.
    """
    base = sum(churned for _, churned in points) / len(points) if points else 0.0
    groups = [(score, [left for _, left in tied]) for score, tied in groupby(sorted(points), key=itemgetter(0))]
    found: list[Bin] = []
    at, taken = 0, 0.0
    for size in sizes:
        need, gone, said = size, 0.0, 0.0
        while need > TOLERANCE and at < len(groups):
            score, labels = groups[at]
            share = min(need, len(labels) - taken)
            gone += share * sum(labels) / len(labels)
            said += share * foretell(score)
            need, taken = need - share, taken + share
            if taken >= len(labels) - TOLERANCE:
                at, taken = at + 1, 0.0
        rows = size - max(need, 0.0)
        if rows > TOLERANCE:
            observed = gone / rows
            found.append(Bin(rows, said / rows, observed, observed / base if base else None))
    return found
