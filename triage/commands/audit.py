"""`triage audit`: the trail that a pull brings along, its replay, and its export."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.account import Entry
from data.errors import NoData, NotPossible
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser, as_sentence, global_options

if TYPE_CHECKING:
    from data.audit_proof import Proof
    from data.receipts import Seen
    from triage.desk import Desk

HEADS = ("SEQ", "APPLIED", "WHO", "ACTION", "ACCOUNT", "WORKSPACE", "REASON")
ACTIONS = {
    "list": "entries, newest first",
    "verify": "replay the chain; exit 1 names the first bad entry",
    "export": "every entry as it was hashed, one JSON line each, and what proves them",
}
PAGE = 500
OWN = "This is a home's own chain: its backend keeps no audit trail. What others did there is not in it."
_NOTHING: dict[str, Any] = {
    "last_seq": 0,
    "last_hash": None,
    "signed": None,
    "seen": None,
    "receipts": {"standing": 0, "beyond": 0, "missing": []},
    "says": [],
}


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
            made.add_argument("--file", type=Path, help="replay an exported file instead; needs no home and no network")
            made.add_argument(
                "--key", metavar="BASE64", help="with --file: the public key, as the server's owner says it"
            )
            made.add_argument("--seen", type=_seen, metavar="SEQ:HASH", help="with --file: an entry noted down earlier")
        else:
            made.add_argument("--csv", action="store_true", help="as a table, guarded against formulas")
            made.add_argument("--out", type=Path, metavar="FILE", help="write to FILE (0600) instead of stdout")
    parser.set_defaults(run=run_audit, json=False, plain=False, account_id=None, limit=None)


def run_audit(args: argparse.Namespace, context: Context) -> int:
    """Print, replay or export the trail as it lies here; never uses the network."""
    if args.action == "verify" and (args.file or args.key or args.seen):
        return _verify(args, context)
    from triage.commands.joined import open_session
    from triage.commands.reading import NO_DATA, no_data
    from triage.desk import Desk

    try:
        with closing(Desk.open(open_session(context, network=False))) as desk:
            if desk.cache.synced_at is None:
                raise NoData(NO_DATA)
            if args.action == "verify":
                return _report(desk.verify_audit(), args.json, desk.own_chain)
            if args.action == "export":
                return _export(desk, context, args.out, args.csv)
            return _list(desk, args)
    except NoData as error:
        if args.json and args.action == "verify":
            emit_json({"ok": False, "entries": 0, "first_bad": None, "why": str(error), **_NOTHING})
        return no_data(error, context, args.json and args.action != "verify")


def _list(desk: "Desk", args: argparse.Namespace) -> int:
    entries = list(_entries(desk, args.account_id, args.limit))
    if args.json:
        from triage.commands.shapes import entry

        emit_json([entry(one) for one in entries])
        return 0
    from triage.commands import tables
    from triage.commands.words import entry_row

    if args.plain:
        sys.stdout.writelines(tables.plain(entry_row(one) for one in entries))
        return 0
    for line in tables.aligned(HEADS, [entry_row(one) for one in entries], ("SEQ",)):
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


def _verify(args: argparse.Namespace, context: Context) -> int:
    """Replay an exported file: no home, no network, no settings."""
    from data.audit_proof import prove
    from data.errors import ConfigError
    from triage.commands.audit_file import Export, NotAnExport

    if args.file is None and (args.key or args.seen):
        raise ConfigError("--key and --seen go with --file; this home has keys and a head of its own.")
    try:
        export = Export(args.file)
    except NotAnExport as error:
        if args.json:
            emit_json({"ok": False, "entries": 0, "first_bad": None, "why": str(error), **_NOTHING})
            return 1
        raise
    if not args.json:
        from widgets.numbers import utc

        emit(f"{args.file}: exported {utc(export.closing.exported_at)} from {export.closing.backend}")
    if export.closing.own:
        from data.own_chain import prove_own

        return _report(prove_own(export.links()), args.json, OWN)
    return _report(prove(export.entries(), export.evidence(args.key, args.seen)), args.json)


def _report(proof: "Proof", json: bool, own: str = "") -> int:
    """Tell what is proven; `own` says first what stands for a trail where the backend keeps none."""
    from data.audit_proof import sentences as of_trail

    def sentences(proof: "Proof") -> list[str]:
        return [*([own] if own else []), *of_trail(proof)]

    report, signed, key = proof.report, proof.signed, proof.key
    if json:
        seen = proof.evidence.remembered
        told = {
            "last_seq": proof.last,
            "last_hash": proof.head or None,
            "signed": None
            if signed is None
            else {
                "seq": signed.seq,
                "seen_at": signed.seen_at,
                "key_id": signed.key_id,
                "public_key": key.public_key if key else None,
                "pinned_at": key.pinned_at if key else None,
            },
            "seen": seen,
            "receipts": {"standing": proof.standing, "beyond": proof.beyond, "missing": list(proof.missing)},
            "says": sentences(proof),
        }
        emit_json(
            {"ok": report.ok, "entries": report.entries, "first_bad": report.first_bad, "why": report.why, **told}
        )
    else:
        for sentence in sentences(proof):
            emit(sentence)
    return 0 if report.ok else 1


def _export(desk: "Desk", context: Context, path: Path | None, csv: bool) -> int:
    from triage.commands.audit_file import csv_lines, json_lines

    make = csv_lines if csv else json_lines
    evidence, url, count = desk.audit_evidence(), desk.base_url, desk.cache.audit_head()[0]
    if desk.own_chain:
        if csv:
            raise NotPossible("This home's own chain is exported as JSON lines only. Leave --csv out.")
        links = list(desk.own_links())
        count = len(links)
        pieces = json_lines(links, evidence, url, desk.session.clock(), own=True)
    else:
        pieces = make(desk.cache.audit_rows(), evidence, url, desk.session.clock())
    if path is None:
        for piece in pieces:
            sys.stdout.write(piece)
        return 0
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NotPossible(f"{path} is there already and stays as it is. Choose another name.") from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        for piece in pieces:
            file.write(piece)
    context.say(f"{count:,} entries written to {path}. triage audit verify --file {path} replays it.")
    return 0


def _seen(text: str) -> "Seen":
    """`SEQ:HASH`, a head that somebody wrote down earlier."""
    from data.receipts import Seen

    seq, _, digest = text.partition(":")
    if not seq.isdigit() or len(digest) != 64:
        raise argparse.ArgumentTypeError("write it as SEQ:HASH, such as 812:9f3c…, with all 64 letters of the hash")
    return Seen(int(seq), digest.lower())


def _list_options(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    form.add_argument(
        "--plain", action="store_true", default=argparse.SUPPRESS, help="tab-separated, without a heading"
    )
    parser.add_argument(
        "--account-id", metavar="ID", default=argparse.SUPPRESS, help="only the entries of this account"
    )
    parser.add_argument("--limit", type=int, metavar="N", default=argparse.SUPPRESS, help="the newest N only")
