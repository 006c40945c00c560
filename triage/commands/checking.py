"""`triage check`: for cron and on-call; says what needs a human, and never stays silent because it could not look."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from data.assessment import Category, Row
from data.errors import ConfigError, NoData
from data.ports_list import View
from data.remedy import Change
from triage.commands.context import Context, emit, emit_json
from triage.commands.listing import CATEGORIES, OF_CATEGORY
from triage.commands.parser import Parser
from triage.config_file import seconds

if TYPE_CHECKING:
    from triage.commands.reading import Book

NEEDS_HUMAN = 1
CANNOT_TELL = 3
SLA_BREACH = "SLA_BREACH"


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage check`."""
    parser.add_argument("--category", metavar="C", choices=CATEGORIES, help=f"only {', '.join(CATEGORIES)}")
    parser.add_argument("--older-than", type=_age, default=0.0, metavar="AGE", help="only what is older, such as 2h")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the accounts as a JSON array in the shape of list")
    form.add_argument("--plain", action="store_true", help="tab-separated instead of aligned")
    parser.set_defaults(run=run_check)


def run_check(args: argparse.Namespace, context: Context) -> int:
    """Exit 1 when something needs a human, 3 when the data is too old to tell; never uses the network."""
    from triage.commands.reading import fresh_rows, no_data, open_book
    from triage.commands.shapes import listed

    view = OF_CATEGORY[Category(args.category)] if args.category else View.BLOCKED
    try:
        with open_book(context) as book:
            latest = book.now.timestamp() - args.older_than
            rows = [row for row in fresh_rows(book, view) if row.since is None or row.since.timestamp() <= latest]
            changes = [] if args.category or book.outbox is None else _stuck(book.outbox.changes(), latest)
            late = [] if args.category else _late(book, latest)
            if args.json:
                beside = [book.cache.row(account_id) for account_id in _accounts(changes, [*rows, *late])]
                shown = {row.id for row in rows}
                every = [
                    *rows,
                    *(row for row in late if row.id not in shown),
                    *(row for row in beside if row is not None),
                ]
                emit_json([listed(row, book.pending(row.id), book.synced_at) for row in every])
                for change in changes:  # its account may have left the book: silence never means all is well
                    context.say(" ".join(_change_cells(change)))
            else:
                breaches = [_late_cells(row) for row in late]
                _print([*map(_row_cells, rows), *breaches, *map(_change_cells, changes)], args.plain)
            if book.age > book.session.place.stale_after:
                from widgets.numbers import ago

                context.say(
                    f"The data is {ago(book.age)} old, so this may not be all. triage sync brings it up to date."
                )
                return CANNOT_TELL
            return NEEDS_HUMAN if rows or late or changes or book.outbox is None else 0
    except NoData as error:
        return no_data(error, context, args.json)


def _stuck(changes: Sequence[Change], latest: float) -> list[Change]:
    """Conflicts, rejected and parked changes, and those without an answer to five tries."""
    return [change for change in changes if change.needs_you and change.authored_at.timestamp() <= latest]


def _late(book: "Book", latest: float) -> list[Row]:
    """Red accounts with an SLA clock that ran out, the longest ago first (R11)."""
    return [row for row in book.cache.late_rows(book.now.timestamp()) if _missed(row).timestamp() <= latest]


def _missed(row: Row) -> datetime:
    """When the clock ran out; a row of `late_rows` has one."""
    assert row.red is not None and row.red.sla_due_at is not None
    return row.red.sla_due_at


def _late_cells(row: Row) -> list[str]:
    from triage.commands.words import doubtful
    from widgets.numbers import utc

    owner = row.owner.name if row.owner else "-"
    return [SLA_BREACH, f"{row.id} {doubtful(row)}", utc(_missed(row)), owner]


def _accounts(changes: Sequence[Change], rows: Sequence[Row]) -> list[str]:
    """The accounts of the changes, once each, without those listed already."""
    return list(dict.fromkeys(one.account_id for one in changes if one.account_id not in {row.id for row in rows}))


def _row_cells(row: Row) -> list[str]:
    from triage.commands.words import doubtful
    from widgets.numbers import utc

    owner = row.owner.name if row.owner else "-"
    return [str(row.category), f"{row.id} {doubtful(row)}", utc(row.since) if row.since else "-", owner]


def _change_cells(change: Change) -> list[str]:
    from widgets.numbers import utc

    state = "outcome unknown" if change.outcome_unknown else str(change.state)
    return [state, f"{change.account_id} {change.account_name}", utc(change.authored_at), change.staff_name]


def _print(cells: Sequence[Sequence[str]], as_plain: bool) -> None:
    from triage.commands.tables import aligned, plain

    if as_plain:
        sys.stdout.writelines(plain(cells))
        return
    for line in list(aligned(("",) * 4, cells))[1:]:
        emit(line)


def _age(text: str) -> float:
    try:
        return seconds(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
