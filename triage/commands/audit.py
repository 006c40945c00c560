"""`triage audit`: the trail that a pull brings along, its replay, and its export."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING

from data.account import Entry
from data.errors import NoData
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser, as_sentence, global_options

if TYPE_CHECKING:
    from triage.desk import Desk

HEADS = ("SEQ", "APPLIED", "WHO", "ACTION", "ACCOUNT", "WORKSPACE", "REASON")
ACTIONS = {
    "list": "entries, newest first",
    "verify": "replay the chain; exit 1 names the first bad entry",
    "export": "every entry as it was hashed, one JSON line each",
}
PAGE = 500


def add(name: str, parser: Parser) -> None:
    """Add the actions of `triage audit`; without one it lists."""
    _list_options(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", parser_class=Parser)
    for action, sentence in ACTIONS.items():
        made = actions.add_parser(action, help=sentence, description=as_sentence(sentence), parents=[global_options()])
        if action == "list":
            _list_options(made)
        elif action == "verify":
            made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        else:
            made.add_argument("--out", type=Path, metavar="FILE", help="write to FILE (0600) instead of stdout")
    parser.set_defaults(run=run_audit, json=False, account_id=None, limit=None)


def run_audit(args: argparse.Namespace, context: Context) -> int:
    """Print, replay or export the trail as it lies here; never uses the network."""
    from triage.commands.joined import open_session
    from triage.commands.reading import NO_DATA, no_data
    from triage.desk import Desk

    try:
        with closing(Desk.open(open_session(context, network=False))) as desk:
            if desk.cache.synced_at is None:
                raise NoData(NO_DATA)
            if args.action == "verify":
                return _verify(desk, context, args.json)
            if args.action == "export":
                return _export(desk, context, args.out)
            return _list(desk, args)
    except NoData as error:
        if args.json and args.action == "verify":
            emit_json({"ok": False, "entries": 0, "first_bad": None, "why": str(error)})
        return no_data(error, context, args.json and args.action != "verify")


def _list(desk: "Desk", args: argparse.Namespace) -> int:
    entries = list(_entries(desk, args.account_id, args.limit))
    if args.json:
        from triage.commands.shapes import entry

        emit_json([entry(one) for one in entries])
        return 0
    from triage.commands.tables import aligned
    from triage.commands.words import entry_row

    for line in aligned(HEADS, [entry_row(one) for one in entries], ("SEQ",)):
        emit(line)
    return 0


def _entries(desk: "Desk", account_id: str | None, limit: int | None) -> Iterator[Entry]:
    """Entries newest first, page by page."""
    before: int | None = None
    left = limit
    while left is None or left > 0:
        page = desk.audit(account_id, before, PAGE if left is None else min(PAGE, left))
        yield from page
        if len(page) < PAGE:
            return
        before = page[-1].seq
        left = None if left is None else left - len(page)


def _verify(desk: "Desk", context: Context, json: bool) -> int:
    report = desk.verify_audit()
    if json:
        emit_json({"ok": report.ok, "entries": report.entries, "first_bad": report.first_bad, "why": report.why})
    elif report.ok:
        emit(f"The chain holds: {report.entries:,} entries. What nobody has seen yet is not protected.")
    else:
        emit(f"The chain is broken at entry {report.first_bad}: {report.why}")
    return 0 if report.ok else 1


def _export(desk: "Desk", context: Context, path: Path | None) -> int:
    if path is None:
        _write(desk, sys.stdout)
        return 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        count = _write(desk, file)
    context.say(f"{count:,} entries written to {path}.")
    return 0


def _write(desk: "Desk", file: IO[str]) -> int:
    """JSON escapes whatever is not ASCII, so that nothing in the trail can act on a terminal."""
    import json

    count = 0
    for link in desk.cache.audit_rows():
        line = {"seq": link.seq, "raw": link.raw, "prev_hash": link.prev_hash, "hash": link.hash}
        file.write(json.dumps(line) + "\n")
        count += 1
    return count


def _list_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    parser.add_argument(
        "--account-id", metavar="ID", default=argparse.SUPPRESS, help="only the entries of this account"
    )
    parser.add_argument("--limit", type=int, metavar="N", default=argparse.SUPPRESS, help="the newest N only")
