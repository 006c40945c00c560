"""`triage portfolio`: the book in figures (H8-H12), the red-account KPIs (R15-R19) and what writing did (M21)."""

import argparse
from typing import TYPE_CHECKING

from data.errors import NoData
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser

if TYPE_CHECKING:
    from triage.commands.reading import Book

_EPILOG = """--json prints one object; its keys are always there (docs/portfolio.md). Money is in minor units by
currency, never added up across currencies; shares are 0 to 1. `view` and `filter` find the accounts
behind a number: triage list --view VIEW --filter FILTER."""


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage portfolio`."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="a JSON object; times RFC 3339, money in minor units")
    parser.set_defaults(run=run_portfolio)


def run_portfolio(args: argparse.Namespace, context: Context) -> int:
    """Print the portfolio; never uses the network."""
    from triage.commands.reading import no_data, open_book

    try:
        with open_book(context) as book:
            _print(args, context, book)
    except NoData as error:
        return no_data(error, context, args.json)
    return 0


def _print(args: argparse.Namespace, context: Context, book: "Book") -> None:
    from triage.desk.portfolio import read_book
    from widgets.numbers import ago

    report = read_book(book.session)
    if args.json:
        from triage.commands.portfolio_shape import shape

        emit_json(shape(report))
        return
    from triage.commands.portfolio_words import lines
    from widgets.glyphs import pick

    for line in lines(report, pick(context.settings.glyphs, context.environ)):
        emit(line)
    if book.age > book.session.place.stale_after:
        context.say(f"These figures are {ago(book.age)} old. triage sync brings new ones.")
