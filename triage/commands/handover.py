"""`triage handover`: what I did, queued and deferred in this shift, as text to paste into a chat."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from data.errors import ConfigError, NoData
from data.remedy import Change
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser
from triage.config_file import seconds

if TYPE_CHECKING:
    from triage.desk.handover import Handover, Held

OUTBOX_DAMAGED = 1
_EPILOG = """Done and given up is what fell into the shift; undecided, waiting, snoozed, claimed and due is what stands
now, however old it is. Times are UTC. Only what lies here is read: triage sync first, so that nothing is missing."""


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage handover`."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--since", type=duration, default=8 * 3600.0, metavar="AGE", help="how long the shift was (8h)")
    parser.add_argument("--json", action="store_true", help="a JSON object; times RFC 3339")
    parser.set_defaults(run=run_handover)


def run_handover(args: argparse.Namespace, context: Context) -> int:
    """Print the shift; never uses the network. Exit 1 where the outbox is damaged: half a story is none."""
    from triage.commands.reading import no_data, open_book
    from triage.desk.handover import read_handover
    from widgets.numbers import ago

    try:
        with open_book(context) as book:
            if book.outbox is None:
                return OUTBOX_DAMAGED
            told = read_handover(book.session, book.cache, book.outbox, book.now - timedelta(seconds=args.since))
            if args.json:
                emit_json(shape(told, context.settings.profile, book.session.place.base_url, book.synced_at))
            else:
                for line in lines(told, context.settings.profile):
                    emit(line)
            if book.age > book.session.place.stale_after:
                context.say(f"The last sync was {ago(book.age)} ago. triage sync brings what is missing here.")
    except NoData as error:
        return no_data(error, context, args.json)
    return 0


def lines(told: "Handover", profile: str) -> Iterator[str]:
    """The text: a heading, then what there is, a line each; plain enough for any chat."""
    from triage.commands.words import change_note
    from widgets.change_words import quoted, state_word
    from widgets.numbers import utc

    who = told.who.name if told.who else "everybody here"
    place = "" if profile == "default" else f" ({profile})"
    yield f"Handover of {who}{place}, {utc(told.since)} to {utc(told.until)}"
    if told.is_empty:
        yield "Nothing was done, nothing waits."
    yield from _section(
        "Done",
        [
            f"{utc(one.at)}  {_account(one.account_name, one.account_id)}: {one.what}  {quoted(one.reason)}"
            for one in told.applied
        ],
    )
    yield from _section(
        "Needs a person", [f"{_change(one)} is {state_word(one)}. {change_note(one)}" for one in told.needs_you]
    )
    yield from _section("Waits to be sent", [f"{_change(one)}  {quoted(one.reason)}" for one in told.waiting])
    yield from _section("Given up", [f"{_change(one)}. {one.last_error or ''}" for one in told.given_up])
    yield from _section("Snoozed", [_held(one) for one in told.snoozed])
    yield from _section("Claimed", [_held(one) for one in told.claimed])
    yield from _section(
        "Follow-ups due",
        [
            f"{_account(one.account_name, one.account_id)}: no answer to {quoted(one.subject)}, due {utc(one.due_at)}"
            for one in told.follow_ups
        ],
    )


def shape(told: "Handover", profile: str, backend: str, synced_at: Any) -> dict[str, Any]:
    """The object of `handover --json`; changes as in `outbox list`."""
    from triage.commands.shapes import queued

    return {
        "staff_id": told.who.staff_id if told.who else None,
        "name": told.who.name if told.who else None,
        "profile": profile,
        "backend": backend,
        "since": told.since,
        "until": told.until,
        "synced_at": synced_at,
        "applied": [one._asdict() for one in told.applied],
        "needs_you": [queued(one) for one in told.needs_you],
        "waiting": [queued(one) for one in told.waiting],
        "discarded": [queued(one) for one in told.given_up],
        "snoozed": [one._asdict() for one in told.snoozed],
        "claims": [one._asdict() for one in told.claimed],
        "follow_ups": list(told.follow_ups),
    }


def duration(text: str) -> float:
    """A duration of the command line in seconds; what is none is a usage error."""
    try:
        return seconds(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _section(title: str, found: Sequence[str]) -> Iterator[str]:
    if found:
        yield ""
        yield f"{title} ({len(found)})"
        yield from (f"- {line.rstrip()}" for line in found)


def _change(change: Change) -> str:
    from widgets.change_words import describe_change

    return f"{_account(change.account_name, change.account_id)}: {describe_change(change)}"


def _held(one: "Held") -> str:
    from widgets.change_words import quoted
    from widgets.numbers import utc

    return f"{_account(one.account_name, one.account_id)} until {utc(one.until)}  {quoted(one.reason)}"


def _account(name: str, account_id: str | None) -> str:
    return f"{name} ({account_id})" if account_id and name != account_id else name or "the book"
