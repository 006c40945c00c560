"""`triage backtest`: how well the health index ranks churn that is known, against each component alone (H19)."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser

if TYPE_CHECKING:
    from data.health_index import Backtest, Ranking

_EPILOG = """METRIC is one of the index's: adoption (% of seats), ratio (usage / its baseline), last_active (days),
open_tickets, oldest_ticket (days), escalated, nps (0-10), csat (%), days_late, champion_left, contraction,
competitor (0 or 1). With @WORST..BEST the column is read on its own scale instead, WORST scoring 0 and BEST 100.
Several columns may share a metric: a component is the mean of what it has. The label is yes/no or 1/0."""


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage backtest`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("file", metavar="FILE", type=Path, help="a CSV with a heading, one customer a line")
    parser.add_argument("--label", metavar="COL", required=True, help="the column that says who left")
    parser.add_argument("--map", metavar="METRIC=COL[@WORST..BEST]", nargs="+", action="extend", required=True)
    parser.add_argument("--json", action="store_true", help="a JSON object")
    parser.set_defaults(run=run_backtest)


def run_backtest(args: argparse.Namespace, context: Context) -> int:
    """Print the result whether the index wins or loses; no network, nothing is kept."""
    from triage.desk.labelled import labelled_rows, read_mapping
    from triage.policy import load_policy
    from triage.rules.backtest import backtest

    rules = load_policy(context.settings.policy_file).index
    mapped = read_mapping(args.map, rules)
    found = backtest(list(labelled_rows(args.file, args.label, mapped, rules)), rules)
    if args.json:
        emit_json(_shape(found))
    else:
        for line in _lines(found):
            emit(line)
    return 0


def _shape(found: "Backtest") -> dict[str, Any]:
    return {
        "rows": found.rows,
        "churned": found.churned,
        "rankings": [_ranking(one) for one in (found.index, *found.components)],
        "beaten_by": found.beaten_by,
    }


def _ranking(one: "Ranking") -> dict[str, Any]:
    return {
        "name": one.name,
        "rows": one.rows,
        "missing": one.missing,
        "churned": one.churned,
        "auc": one.auc,
        "index_auc_on_the_same_rows": one.index_auc,
        "beats_index": one.beats_index,
        "lift": one.lift,
        "brier": one.brier,
        "calibration_error": one.calibration_error,
        "bins": [
            {"rows": it.rows, "foretold": it.foretold, "observed": it.observed, "lift": it.lift} for it in one.bins
        ],
    }


def _lines(found: "Backtest") -> Iterator[str]:
    from triage.commands.tables import aligned

    share = f"{100 * found.churned / found.rows:.1f} %" if found.rows else "none"
    yield f"{found.rows:,} customers, {found.churned:,} left ({share}). H19: 0.5 is chance, 1 ranks all who left first."
    yield ""
    heads = ("score", "rows", "AUC", "lift of the worst tenth", "Brier", "calibration error")
    rows = [
        (
            one.name,
            f"{one.rows:,.0f}",
            _figure(one.auc),
            _figure(one.lift, 2),
            _figure(one.brier),
            _figure(one.calibration_error),
        )
        for one in (found.index, *found.components)
    ]
    yield from aligned(heads, rows, heads[1:])
    yield ""
    yield "The index, in bins of equally many customers, worst scores first"
    binned = ("bin", "customers", "foretold to leave", "left", "lift")
    bins = [
        (str(place), f"{one.rows:.0f}", _percent(one.foretold), _percent(one.observed), _figure(one.lift, 2))
        for place, one in enumerate(found.index.bins, 1)
    ]
    yield from aligned(binned, bins, binned)
    yield ""
    yield _verdict(found)


def _verdict(found: "Backtest") -> str:
    if found.index.auc is None:
        return "Nothing to rank: every customer has the same label, or none has a score."
    if found.beaten_by:
        return f"The index loses: {', '.join(found.beaten_by)} alone ranks better on the same rows."
    return "No component alone ranks better than the index."


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
