"""`triage export`: a list as a file, CSV or JSON; readable by nobody else, and never written over another."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import NoData, NotPossible
from triage.commands.context import Context
from triage.commands.listing import CSV_HEADS, asked_list, csv_row, list_options, rows_of
from triage.commands.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.assessment import Row
    from triage.commands.reading import Book


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage export`: those that choose a list, and where it goes."""
    list_options(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="CSV with a heading; formulas are disarmed (the default)")
    form.add_argument("--json", action="store_true", help="a JSON array as of list --json")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write a new FILE (0600) instead of stdout")
    parser.set_defaults(run=run_export)


def run_export(args: argparse.Namespace, context: Context) -> int:
    """Write the list in its order; never uses the network. Without data nothing is written to a file."""
    from triage.commands.reading import no_data, open_book
    from widgets.numbers import ago

    asked = asked_list(args, context)
    try:
        with open_book(context) as book:
            rows = rows_of(asked, book, args)
            text = _json(rows, book) if args.json else _csv(rows, book)
            if args.out is None:
                sys.stdout.flush()
                sys.stdout.buffer.write(text.encode())
                sys.stdout.buffer.flush()
            else:
                write_private(args.out, text)
                context.say(f"{len(rows):,} accounts written to {args.out}.")
            if book.age > book.session.place.stale_after:
                context.say(f"These figures are {ago(book.age)} old. triage sync brings new ones.")
    except NoData as error:
        return no_data(error, context, args.json and args.out is None)
    return 0


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner reads; NotPossible where there is one of that name, which stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NotPossible(f"{path} is there already and stays as it is. Choose another name.") from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def _csv(rows: "Sequence[Row]", book: "Book") -> str:
    from triage.commands.shapes import listed
    from triage.commands.tables import csv_text

    return csv_text(CSV_HEADS, [csv_row(listed(row, book.pending(row.id), book.synced_at)) for row in rows])


def _json(rows: "Sequence[Row]", book: "Book") -> str:
    from data.safe_text import escaped
    from data.wire import encode
    from triage.commands.shapes import listed

    return escaped(encode([listed(row, book.pending(row.id), book.synced_at) for row in rows]).decode()) + "\n"
