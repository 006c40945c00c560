"""`triage outbox`: the queue of changes, and what a person can do with each."""

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from data.errors import ConfigError, NotPossible
from data.remedy import FINISHED, Change, State, ways
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import ACK, Parser, as_sentence, global_options

if TYPE_CHECKING:
    from triage.desk import Desk

HEADS = ("ID", "STATE", "KIND", "ACCOUNT", "ACCOUNT ID", "AGE", "DO", "NOTE")
NAME_CELLS, LINE_CELLS = 24, 120
ACTIONS = {
    "list": "every change, finished ones too, a line each; show tells the rest",
    "show": "one change with all that is known of it, and what can be done",
    "push": "send what waits now, whatever its backoff; nothing is fetched",
    "retry": "make a queued or unknown change due now, same id and bytes",
    "look-up": "ask the server what became of a change",
    "decide": "say what became of a change that nobody can look up: it happened, or it did not and goes once more",
    "discard": "give up a change, with a reason",
    "reauthor": "write a conflicting, rejected or parked change again, with a new id and reason",
    "undo": "take back a held or queued change that never left",
}
WITH_REASON = ("decide", "discard", "reauthor")


def add(name: str, parser: Parser) -> None:
    """Add the actions of `triage outbox`; without one it lists."""
    _list_forms(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", parser_class=Parser)
    for action, sentence in ACTIONS.items():
        made = actions.add_parser(action, help=sentence, description=as_sentence(sentence), parents=[global_options()])
        if action == "list":
            _list_forms(made)
        else:
            made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        if action not in ("list", "push"):
            made.add_argument("id", metavar="ID", help="the change's id, or its beginning where that is clear")
        if action in WITH_REASON:
            made.add_argument("--reason", metavar="TEXT", default="", help="why, 10 to 500 characters")
        if action == "decide":
            answer = made.add_mutually_exclusive_group(required=True)
            answer.add_argument(
                "--happened", action="store_true", help="it happened: closed as applied, nothing is sent"
            )
            answer.add_argument("--not-happened", action="store_true", help="it did not: it is sent once more")
        if action == "reauthor":
            made.add_argument("--ack", metavar="TEXT", action="append", default=[], help=ACK)
    parser.set_defaults(run=run_outbox, json=False, plain=False)


def run_outbox(args: argparse.Namespace, context: Context) -> int:
    """List the queue, or do one thing with one change."""
    from triage.commands.joined import know_author, open_session
    from triage.desk import Desk

    reads = args.action in (None, "list", "show")
    if not reads and args.action != "look-up":
        context.need_write()
    with closing(Desk.open(open_session(context, network=not reads))) as desk:
        if args.action == "show":
            return _show_one(desk, _find(desk, args.id), args.json)
        if reads:
            return _list(desk, args.json, args.plain)
        if args.action == "push":
            return _push(desk, context, args.json)
        change = _find(desk, args.id)
        if args.action == "look-up":
            return _look_up(desk, context, change, args.json)
        if args.action in ("decide", "reauthor"):
            know_author(desk.session, desk.cache)
        done = _actions(desk, args)[args.action](change.change_id)
        return _show(done, args.json)


def _actions(desk: "Desk", args: argparse.Namespace) -> dict[str, Callable[[str], Change]]:
    return {
        "retry": desk.retry,
        "undo": desk.take_back,
        "decide": lambda change_id: desk.decide(change_id, args.happened, args.reason),
        "discard": lambda change_id: desk.discard(change_id, args.reason),
        "reauthor": lambda change_id: desk.reauthor(change_id, args.reason, False, tuple(args.ack)),
    }


def _list(desk: "Desk", json: bool, plain: bool) -> int:
    from triage.commands.shapes import queued

    changes = desk.outbox()
    if json:
        emit_json([queued(change) for change in changes])
        return 0
    from data.safe_text import cut_cells
    from triage.commands import tables
    from triage.commands.words import change_row, doubtful

    now = desk.session.clock()
    if plain:  # a script gets the whole id, and the name as it is
        lines = ([one.change_id, *change_row(one, now, one.account_name)[1:]] for one in changes)
        sys.stdout.writelines(tables.plain(lines))
        return 0
    rows = map(desk.cache.row, {change.account_id for change in changes})
    known = {row.id: doubtful(row) for row in rows if row is not None}
    names = (known.get(change.account_id, change.account_name) for change in changes)
    cells = [change_row(change, now, cut_cells(name, NAME_CELLS)) for change, name in zip(changes, names, strict=True)]
    for line in tables.aligned(HEADS, cells, ("AGE",)):
        emit(cut_cells(line, LINE_CELLS))
    return 0


def _push(desk: "Desk", context: Context, json: bool) -> int:
    """Try each waiting row once; exit 0 even with conflicts, as sync does."""
    from triage.desk.sync import push_round, recognise

    session = desk.session
    with closing(session.backend()) as backend:
        identity = recognise(session, desk.cache, backend)
        pushed = push_round(session, backend, desk.cache, desk.box, identity, ignore_backoff=True)
    for notice in pushed.notices:
        context.say(notice)
    waiting = desk.box.counts().waiting
    summary = {
        "pushed": pushed.pushed,
        "conflicts": pushed.conflicts,
        "rejected": pushed.rejected,
        "waiting": waiting,
    }
    if json:
        emit_json(summary)
    else:
        emit(", ".join(f"{name} {count}" for name, count in summary.items()))
    if pushed.signed_out:
        context.say("triage: The server no longer accepts this token. triage login signs in.")
        return 4
    settled = pushed.pushed or pushed.conflicts or pushed.rejected
    return 3 if pushed.retry_at is not None and not settled else 0


def _look_up(desk: "Desk", context: Context, change: Change, json: bool) -> int:
    from triage.desk.sync import look_up_round

    with closing(desk.session.backend()) as backend:
        found = look_up_round(desk.session, backend, desk.cache, desk.box, change.change_id)
    if found.sent_once:
        context.say(f"Still unknown. {found.last_error or ''} It is never sent again by itself: triage outbox decide")
    elif found.unknown:
        context.say("Still unknown. It is tried again by itself, with the same id.")
    return _show(found, json)


def _find(desk: "Desk", beginning: str) -> Change:
    """The one change whose id begins so; ConfigError (exit 2) where several do, NotPossible where none does."""
    found = [change for change in desk.outbox() if change.change_id.startswith(beginning)]
    if len(found) > 1:
        raise ConfigError(f"{len(found)} changes begin with {beginning!r}. Write more of the id.")
    if not found:
        raise NotPossible(f"No change begins with {beginning!r}. triage outbox list shows all.")
    return found[0]


def _show(change: Change, json: bool) -> int:
    from triage.commands.shapes import queued
    from triage.commands.words import change_note, kind_words

    if json:
        emit_json(queued(change))
    else:
        note = "" if change.state is State.QUEUED else change_note(change)
        emit(f"{change.change_id}  {kind_words(change.kind)}  {change.account_name}  {change.state}  {note}".rstrip())
    return 0


def _show_one(desk: "Desk", change: Change, json: bool) -> int:
    """Everything about one change in labelled lines, then the commands, the right one first."""
    from triage.commands.shapes import queued
    from triage.commands.words import moved_words
    from widgets.change_words import describe_change
    from widgets.numbers import utc
    from widgets.outbox_story import story

    first = desk.first_sent(change.change_id) if change.unknown else None
    if json:
        emit_json({**queued(change), "first_sent_at": first})
        return 0
    before = next((row for row in desk.outbox() if row.change_id == change.after), None)
    state = "outcome unknown" if change.outcome_unknown else str(change.state)
    lines = [("Change", f"{describe_change(change)} ({state})"), ("Id", change.change_id)]
    lines += [("Account", f"{change.account_name}  {change.account_id}")]
    lines += [("Written", f"{utc(change.authored_at)} by {change.staff_name} at {change.base_url}")]
    lines += story(change, desk.session.clock(), first, before)
    if change.state is State.CONFLICT:
        lines += _sides(desk, change)
        lines += [("Moved", moved_words(move)) for move in change.conflict or ()]
    if change.state in FINISHED and change.last_error:
        lines += [("What is", str(change.last_error))]
    if change.receipt is not None and change.state is State.APPLIED:
        lines += [("Audit", f"entry {change.receipt.audit_seq:,}, hash {change.receipt.hash}")]
    lines += [("Your reason", str(change.reason))] if change.reason else []
    lines += [("Do", _command(way, change)) for way in ways(change)]
    wide = max(len(label) for label, _ in lines)
    for label, text in lines:
        emit(f"{label:<{wide}}  {text}")
    return 0


def _sides(desk: "Desk", change: Change) -> list[tuple[str, str]]:
    """A conflict's fields: what you saw, what it is now, what yours would make it."""
    from triage.commands.words import value_words

    found = []
    for name, saw, now, yours, moved in desk.conflict_view(change.change_id).fields:
        if moved or saw != yours:
            sides = (
                f"you saw {value_words(saw)}; it is now {value_words(now)}; yours would make it {value_words(yours)}"
            )
            found.append((name, sides))
    return found


def _command(way: str, change: Change) -> str:
    from triage.commands.shapes import COMMAND_OF

    if way == "sign_in":
        return f"triage login (as {change.staff_name})"
    reason = " --reason TEXT" if way in ("write_again", "discard", "decide") else ""
    if way == "decide":
        reason = f" --happened (or --not-happened){reason}"
    return f"triage outbox {COMMAND_OF[way]} {change.change_id[:8]}{reason}"


def _list_forms(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    form.add_argument(
        "--plain", action="store_true", default=argparse.SUPPRESS, help="tab-separated, without a heading, whole ids"
    )
