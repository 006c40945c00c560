"""`triage assess --diff` and `--accept`: what another tree would change over the book, and letting it take effect."""

import argparse
from typing import TYPE_CHECKING, Any

from data.errors import ConfigError
from triage.commands.assess import tree_of_file
from triage.commands.context import Context, emit, emit_json
from widgets.numbers import count

if TYPE_CHECKING:
    from data.health_tree import Tree
    from data.interview_view import TreeChange
    from triage.desk.session import Session

LISTED = 20


def run_trees(args: argparse.Namespace, context: Context) -> int:
    """Print the diff of outcomes (D18); with `--accept` the tree is in effect afterwards, and the book judged by it."""
    from triage.commands.reading import open_book
    from triage.desk.sync import lapsed
    from triage.desk.tree_change import compare

    accepting = args.accept is not None
    with open_book(context) as book:
        session = book.session
        new = tree_of_file(args.accept if accepting else args.diff)
        if accepting:
            _refuse_other(session, new)
        shown = compare(session, book.cache, new)
        if accepting:
            session.trees.accept(shown.new)
        if args.json:
            emit_json({**changed(shown), "accepted": accepting})
        else:
            _print(shown)
        if accepting:
            context.say("Accepted. The book is judged by it now …")
            context.say(f"{count(lapsed(session, book.cache))} accounts judged anew.")
    return 0


def changed(shown: "TreeChange") -> dict[str, Any]:
    """The object of `assess --diff --json`."""
    diff = shown.diff
    return {
        "old": {"version": shown.old.version, "hash": shown.old.sha256},
        "new": {"version": shown.new.version, "hash": shown.new.sha256},
        "counts": [{"old": old, "new": new, "count": number} for old, new, number in diff.counts],
        "moved": [
            {"id": one.account_id, "name": shown.names[one.account_id], "old": one.old, "new": one.new}
            for one in diff.moved
        ],
        "unchanged": diff.unchanged,
    }


def _refuse_other(session: "Session", new: "Tree") -> None:
    """Only the tree that the config names can be accepted: it says what is wanted."""
    waiting = session.trees.waiting()
    wanted = (waiting or session.trees.in_effect()).sha256
    if new.sha256 == wanted:
        return
    named = session.trees.wanted_file
    raise ConfigError(
        f'The config names {named or "no tree, so triage keeps its own"}. Put the file there first: tree = "FILE".'
    )


def _print(shown: "TreeChange") -> None:
    diff = shown.diff
    total = len(diff.moved) + diff.unchanged
    for word, tree in (("Old", shown.old), ("New", shown.new)):
        emit(f"{word}: version {tree.version}, {tree.mark}  {tree.title}")
    emit(f"{count(len(diff.moved))} of {count(total)} accounts come out differently.")
    for old, new, number in diff.counts:
        if old != new:
            emit(f"  {count(number):>7}  {old} -> {new}")
    for one in diff.moved[:LISTED]:
        emit(f"{one.account_id}  {shown.names[one.account_id]}  {one.old} -> {one.new}")
    if len(diff.moved) > LISTED:
        emit(f"… and {count(len(diff.moved) - LISTED)} more; --json lists all.")
