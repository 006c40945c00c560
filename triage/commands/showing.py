"""`triage show`: one account, its facts, every verdict with its rule and inputs, what is pending, what happened."""

import argparse
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from data.account import Account, Entry
from data.assessment import Row, Verdict
from data.errors import NoData, TriageError
from data.health_index import IndexReading
from data.red_account import Clock
from data.safe_text import safe_text
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser

if TYPE_CHECKING:
    from triage.commands.reading import Book
    from widgets.glyphs import Glyphs

TRAIL = 1000


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage show`."""
    parser.add_argument("id", metavar="ID", help="the account's id")
    parser.add_argument("--json", action="store_true", help="a JSON object")
    parser.set_defaults(run=run_show)


def run_show(args: argparse.Namespace, context: Context) -> int:
    """Print one account; never uses the network."""
    from triage.commands.reading import fresh_row, no_data, open_book
    from triage.commands.shapes import shown
    from triage.desk.health import HealthDesk
    from triage.rules.red_work import breaches

    try:
        with open_book(context) as book:
            row = fresh_row(book, args.id)
            account = book.cache.account(args.id)
            if row is None or account is None:
                raise TriageError(f"There is no account {safe_text(args.id)} in the book. triage list --all shows all.")
            health = HealthDesk(book.session, book.cache)
            found = health.readings(row, account)
            verdicts = health.verdicts(row, account, found)
            trail = book.cache.audit(row.id, None, TRAIL)
            missed = breaches(account, found.red)
            if args.json:
                emit_json(shown(row, book.pending(row.id), book.synced_at, verdicts, trail, found.index, missed))
            else:
                _print(context, book, row, account, verdicts, found.index, history_lines(trail, missed))
    except NoData as error:
        return no_data(error, context, args.json)
    return 0


def _print(
    context: Context,
    book: "Book",
    row: Row,
    account: Account,
    verdicts: tuple[Verdict, ...],
    index: IndexReading,
    history: list[str],
) -> None:
    from triage.commands.systems import system_lines
    from triage.commands.words import HIDDEN, category_cell, change_note, change_state, doubtful
    from widgets.glyphs import pick
    from widgets.numbers import ago, utc

    glyphs = pick(context.settings.glyphs, context.environ)
    lines = [
        f"{doubtful(row)}  {row.id}",
        *(HIDDEN,) * (row.suspicious or (account.org_name is not None and account.org_name.suspicious)),
        f"{category_cell(row, glyphs)}: {row.detail}" if row.category else row.detail,
    ]
    lines += fact_lines(row, account, book.now, glyphs)
    lines += system_lines(row, verdicts, index, book.now, glyphs)
    pending = book.pending(row.id)
    if pending:
        lines += ["", "Pending"]
        lines += [f"  {one.change_id[:8]}  {change_state(one)}  {change_note(one)}".rstrip() for one in pending]
    if history:
        lines += ["", "History", *history]
    lines += ["", f"synced {ago(book.age)} ago, {utc(book.synced_at)}"]
    for line in lines:
        emit(line)


def history_lines(trail: Sequence[Entry], missed: Sequence[tuple[str, Clock]]) -> list[str]:
    """What happened, newest first: the trail, and the clocks that ran out (R11)."""
    from widgets.numbers import utc

    told = []
    for entry in trail:
        denied = " (denied)" if entry.outcome == "denied" else ""
        reason = f"  {entry.reason}" if entry.reason else ""
        told.append((entry.applied_at, f"{entry.action.replace('_', ' ')}{denied} by {entry.actor.name}{reason}"))
    told += [(clock.due_at, f"SLA breach: {clock.name.replace('_', ' ')} was due") for _, clock in missed]
    return [f"  {utc(at)}  {what}" for at, what in sorted(told, key=lambda one: one[0], reverse=True)]


def fact_lines(row: Row, account: Account, now: datetime, glyphs: "Glyphs") -> list[str]:
    """The account's facts that are known, a line each."""
    from triage.commands.words import logins_words, state_words
    from widgets.numbers import cap, hours, money_words, utc

    contact = row.contact
    facts = [
        ("organisation", account.org_name and account.org_name + (" !" if account.org_name.suspicious else "")),
        ("tier", f"{row.tier} until {utc(account.tier_expires_at)}" if account.tier_expires_at else row.tier),
        ("mrr", money_words(row.mrr, row.currency, glyphs)),
        ("since", utc(row.since) if row.since else None),
        ("renewal", utc(row.renewal_at) if row.renewal_at else None),
        ("admin logins", logins_words(row, now, glyphs)),
        ("how to read it", row.reading),
        ("try first", ", ".join(kind.replace("_", " ") for kind in row.suggested)),
        ("owner", f"{row.owner.name} {row.owner.email or ''}" if row.owner else None),
        ("contact", f"{contact.name} {contact.email or ''} ({contact.role})" if contact else None),
        ("state", state_words(row, (), now)),
    ]
    lines = [f"  {name:<14}  {value}".rstrip() for name, value in facts if value]
    for one in row.workspaces:
        used = f"{hours(one.used, one.included, glyphs)} of {cap(one.included, glyphs)} h"
        lines.append(f"  {'workspace':<14}  {one.id}  {one.name}  {used}  {one.reason or ''}".rstrip())
    return lines
