"""A file of labelled rows for the back-test (H19): which column is which metric, and the index over each row."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data.account import Value
from data.errors import ConfigError
from data.health_index import Labelled, Metric
from data.safe_text import safe_text
from triage.policy_index import IndexRules, MetricRule
from triage.rules.index import breakdown
from triage.rules.index_metrics import along
from triage.rules.index_plan import profile_of

YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "churned", "active"})
NO = frozenset({"no", "n", "false", "f", "0", "0.0", "stayed"})
BOM = "utf-8-sig"
MOST_BYTES = 200_000_000
DIGITS = 9
_MAPPED = re.compile(r"(?P<name>[a-z_]+)=(?P<column>.+?)(?:@(?P<worst>-?[\d.]+)\.\.(?P<best>-?[\d.]+))?$")


class MappedColumn(Value, frozen=True):
    """One `--map`: the metric, its column, and where the column's own scale is worst and best (None: the metric's)."""

    metric: str
    column: str
    worst: float | None
    best: float | None


def read_mapping(texts: Sequence[str], rules: IndexRules) -> tuple[MappedColumn, ...]:
    """Read `METRIC=COLUMN` or `METRIC=COLUMN@WORST..BEST`; ConfigError says what is wrong, or what metrics exist."""
    found = []
    for text in texts:
        match = _MAPPED.fullmatch(text)
        if match is None:
            raise ConfigError(f"--map {safe_text(text)}: not METRIC=COLUMN or METRIC=COLUMN@WORST..BEST.")
        if match["name"] not in rules.metrics:
            raise ConfigError(f"There is no metric {match['name']!r}; the index knows {', '.join(rules.metrics)}.")
        worst, best = (_number(match[name]) if match[name] else None for name in ("worst", "best"))
        if worst is not None and worst == best:
            raise ConfigError(f"--map {safe_text(text)}: the worst and the best value are the same.")
        found.append(MappedColumn(match["name"], match["column"], worst, best))
    return tuple(found)


def labelled_rows(file: Path, label: str, mapped: Sequence[MappedColumn], rules: IndexRules) -> Iterator[Labelled]:
    """Each row of a CSV with the index over its mapped columns; ConfigError for a missing column or a strange label.

    Empty cells and cells that are no number are missing, as a metric that the source does not know (H5).
    """
    rows = csv.DictReader(_lines(file))
    there = rows.fieldnames or []
    for column in (label, *(one.column for one in mapped)):
        if column not in there:
            raise ConfigError(f"{file.name} has no column {safe_text(column)!r}; it has {_names(there)}.")
    for row in rows:
        yield _labelled(row, label, mapped, rules, f"{file.name}, line {rows.line_num}")


def _labelled(
    row: Mapping[str, str | None], label: str, mapped: Sequence[MappedColumn], rules: IndexRules, where: str
) -> Labelled:
    said = (row[label] or "").strip().casefold()
    if said not in YES and said not in NO:
        raise ConfigError(f"{where}: the label {safe_text(said)!r} is neither yes nor no.")
    by_name: Mapping[Any, MetricRule] = rules.metrics
    metrics: dict[str, list[Metric]] = {rule.component: [] for rule in rules.metrics.values()}
    for one in mapped:
        rule = by_name[one.metric]
        value = _value(row[one.column])
        metrics[rule.component].append(Metric(one.metric, value, _score(value, one, rule.anchors)))
    _, profile = profile_of(None, rules)
    score, _, components = breakdown({name: tuple(found) for name, found in metrics.items()}, profile, rules)
    # equal customers must tie, whatever the last bit of a double says
    return Labelled(
        said in YES,
        None if score is None else round(score, DIGITS),
        {one.name: one.score for one in components if metrics[one.name]},
    )


def _score(value: float | None, one: MappedColumn, anchors: tuple[tuple[float, float], ...]) -> float | None:
    if value is None:
        return None
    if one.worst is None or one.best is None:
        return along(anchors, value)
    return min(max(100.0 * (value - one.worst) / (one.best - one.worst), 0.0), 100.0)


def _value(cell: str | None) -> float | None:
    text = (cell or "").strip().casefold()
    if text in YES or text in NO:
        return float(text) if text in ("0", "1", "0.0", "1.0") else float(text in YES)
    return _number(text)


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


def _lines(file: Path) -> Iterator[str]:
    """The file's lines; ConfigError where it is not UTF-8 or too large to be what was meant."""
    if file.stat().st_size > MOST_BYTES:
        raise ConfigError(f"{file.name} is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        with file.open(encoding=BOM, newline="") as stream:
            yield from stream
    except UnicodeDecodeError:
        raise ConfigError(f"{file.name} is not UTF-8 text.") from None


def _names(there: Sequence[str]) -> str:
    return ", ".join(safe_text(name) for name in there) or "no columns"
