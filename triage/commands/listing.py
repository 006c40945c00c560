"""`triage list`: the at-risk inbox in order (A1–A8), as text, tab-separated, CSV or JSON."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from data.assessment import Category, Row
from data.errors import ConfigError, NoData
from data.list_filter import doubt
from data.ports_list import View
from data.saved_view import COLUMNS, SORTS, VIEWS, SavedView
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser
from triage.config_file import nearest

if TYPE_CHECKING:
    from triage.commands.reading import Book

OF_CATEGORY = {
    Category.PILOT_HARD_BLOCK: View.BLOCKED,
    Category.AT_CAP: View.AT_CAP,
    Category.APPROACHING_CAP: View.NEAR_CAP,
    Category.RECENTLY_DOWNGRADED: View.DOWNGRADED,
}
FILTER_HELP = (
    "name, organisation, id or e-mail contains TEXT; in it health:critical, drift:severe, monitor:data_gap, "
    "leaf:at_risk, red:yes, sla-before:DAY, industry:NAME, owner:NAME and mrr-from:MINOR_UNITS narrow by what the "
    "rules say; mine:yes, claimed:me, snoozed:yes and changed:yes by who works on it and what is new to you"
)
CATEGORIES = [category.value for category in Category]
USUAL = tuple(column for column in COLUMNS if column not in ("projected", "age"))
HEADS = {"why": "WHY NOW"}
RIGHT = ("HOURS", "MRR", "SLA", "AGE")
CSV_HEADS = (
    *("id", "name", "category", "reasons", "signals", "detail", "tier", "used", "included", "pct", "projected_at"),
    *("last_login_at", "logins_30d", "login_class", "reading", "suggested", "mrr", "currency", "since", "owner"),
    *("contact", "contact_email", "handled_by", "claimed_by", "snoozed_until", "pending", "synced_at"),
    *("health_score", "health_class", "health_coverage", "monitor_state", "monitor_ratio", "tree_leaf", "tree_despite"),
    *("is_red", "red_causes", "sla_due_at", "next_clock", "clocks_late"),
)


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage list`."""
    list_options(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="a JSON array; times RFC 3339, money in minor units")
    form.add_argument("--csv", action="store_true", help="CSV with a heading; formulas are disarmed")
    form.add_argument("--plain", action="store_true", help="tab-separated, without a heading")
    parser.set_defaults(run=run_list)


def list_options(parser: Parser) -> None:
    """The options that choose a list: which accounts, narrowed by what, in which order, how many."""
    parser.add_argument("--category", metavar="C", choices=CATEGORIES, help=f"only {', '.join(CATEGORIES)}")
    parser.add_argument("--filter", metavar="TEXT", default="", help=FILTER_HELP)
    named = f"one of {', '.join(VIEWS)}, or a [views.NAME] of the config with its filter, order and columns"
    parser.add_argument("--view", metavar="NAME", help=named)
    parser.add_argument("--sort", metavar="ORDER", choices=[*SORTS], help=f"one of {', '.join(SORTS)}")
    parser.add_argument("--all", action="store_true", help="the whole book; accounts not at risk follow by MRR")
    parser.add_argument("--limit", type=_limit, metavar="N", help="the first N only")


def run_list(args: argparse.Namespace, context: Context) -> int:
    """Print the list; never uses the network."""
    from triage.commands.reading import no_data, open_book

    asked = asked_list(args, context)
    try:
        with open_book(context) as book:
            _print(args, context, book, rows_of(asked, book, args), asked)
    except NoData as error:
        return no_data(error, context, args.json)
    return 0


def asked_list(args: argparse.Namespace, context: Context) -> SavedView:
    """The list that the options name: a saved view, or one of triage's own without a filter; ConfigError (exit 2)."""
    named = [option for option in ("category", "view", "all") if getattr(args, option)]
    if len(named) > 1:
        raise ConfigError(f"--{named[0]} and --{named[1]} contradict each other.")
    if args.category:
        return SavedView("", OF_CATEGORY[Category(args.category)])
    if not args.view or args.view in VIEWS:
        return SavedView("", VIEWS[args.view] if args.view else View.BOOK if args.all else View.AT_RISK)
    saved = {one.name: one for one in context.settings.views}
    if args.view not in saved:
        known = [*saved, *VIEWS]
        raise ConfigError(
            f"There is no view {args.view!r}.{nearest(args.view, known)} There is: {', '.join(known)}. "
            f"A [views.NAME] in {context.settings.config_file} makes another."
        )
    return saved[args.view]


def rows_of(asked: SavedView, book: "Book", args: argparse.Namespace) -> Sequence[Row]:
    """The rows of a list, narrowed by `--filter`, in its own order or that of `--sort`."""
    from triage.commands.reading import fresh_rows

    for unsure in filter(None, (doubt(asked.filter), doubt(args.filter))):
        book.session.say(unsure)
    sort = SORTS[args.sort] if args.sort else asked.sort
    first, then = (asked.filter, args.filter) if asked.filter else (args.filter, "")
    return fresh_rows(book, asked.view, first, args.limit, sort, then)


def _print(args: argparse.Namespace, context: Context, book: "Book", rows: Sequence[Row], asked: SavedView) -> None:
    from triage.commands import shapes, tables

    pending = {row.id: book.pending(row.id) for row in rows}
    if args.json:
        emit_json([shapes.listed(row, pending[row.id], book.synced_at) for row in rows])
        return
    if args.csv:
        lines = [csv_row(shapes.listed(row, pending[row.id], book.synced_at)) for row in rows]
        sys.stdout.write(tables.csv_text(CSV_HEADS, lines))
        return
    from triage.commands.words import cells_of, doubtful
    from widgets.glyphs import pick
    from widgets.numbers import ago

    glyphs = pick(context.settings.glyphs, context.environ)
    name = (lambda row: row.name) if args.plain else doubtful  # a script gets the name as it is
    columns = asked.columns or USUAL
    cells = [cells_of(columns, row, pending[row.id], book.now, glyphs, name(row), asked.view) for row in rows]
    if args.plain:
        sys.stdout.writelines(tables.plain(cells))
    else:
        heads = [HEADS.get(column, column.upper()) for column in columns]
        for line in tables.aligned(heads, cells, RIGHT):
            emit(line)
    if book.age > book.session.place.stale_after:
        context.say(f"These figures are {ago(book.age)} old. triage sync brings new ones.")


def csv_row(one: dict[str, Any]) -> list[object]:
    """One element of `list --json` as the cells of CSV_HEADS: lists joined by blanks, persons by name."""
    logins, contact = one["logins"], one["contact"]
    return [
        one["id"],
        one["name"],
        one["category"],
        " ".join(one["reasons"]),
        " ".join(one["signals"]),
        one["detail"],
        one["tier"],
        one["used"],
        one["included"],
        one["pct"],
        _time(one["projected_at"]),
        _time(logins["last_at"]),
        logins["count_30d"],
        logins["class"],
        one["reading"],
        " ".join(one["suggested"]),
        one["mrr"],
        one["currency"],
        _time(one["since"]),
        one["owner"] and one["owner"].name,
        contact and contact.name,
        contact and contact.email,
        one["handled"] and one["handled"].name,
        one["claim"] and one["claim"].name,
        _time(one["snooze"] and one["snooze"].until),
        " ".join(f"{change['kind']}:{change['state']}" for change in one["pending"]),
        _time(one["synced_at"]),
        *_systems(one),
    ]


def _systems(one: dict[str, Any]) -> list[object]:
    """The cells of the four health systems; empty where nothing is known."""
    health, monitor, tree, red = ((one[name] or {}) for name in ("health", "monitor", "tree", "red"))
    return [
        health.get("score"),
        health.get("class"),
        health.get("coverage"),
        monitor.get("state"),
        monitor.get("ratio"),
        tree.get("leaf"),
        " ".join(tree.get("despite", ())),
        "" if not red else "yes" if red["is_red"] else "no",
        " ".join(red.get("causes", ())),
        _time(red.get("sla_due_at")),
        red.get("next_clock"),
        red.get("late"),
    ]


def _time(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _limit(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return count
