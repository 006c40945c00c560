"""`triage import`: daily active users from CSV or JSONL, for accounts whose source has none (M2)."""

import argparse
from pathlib import Path

from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser

_EPILOG = """CSV with the heading `account,day,active_users[,feature]`, or one JSON object a line with these keys.
`day` is a complete UTC day, YYYY-MM-DD; write 0 where nobody was active: a day that is missing is unknown. What the
backend itself sends of an account goes before. Imported days stay over syncs, the last 180 of them; a rebuilt cache
has to be told again."""


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage import`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("file", metavar="FILE", type=Path, nargs="?", help="a .csv or .jsonl file")
    parser.add_argument("--forget", action="store_true", help="drop everything that was imported")
    parser.add_argument("--json", action="store_true", help="a JSON object")
    parser.set_defaults(run=run_import)


def run_import(args: argparse.Namespace, context: Context) -> int:
    """Keep what the file says, or nothing of it where one line is wrong (exit 2), and assess those accounts anew."""
    from contextlib import closing

    from data.errors import NoData
    from triage.commands.joined import open_session
    from triage.desk.importing import forget, keep, read_file

    if (args.file is None) is not args.forget:
        args.parser.error("name a file, or --forget.")
    context.need_write()
    session = open_session(context, network=False)
    found = None if args.file is None else read_file(args.file, session.clock().date())
    with closing(session.open_cache()) as cache:
        cache.check_backend()
        if cache.synced_at is None:
            raise NoData("No data yet: triage sync")
        done = forget(session, cache) if found is None else keep(session, cache, found)
    if args.json:
        emit_json(done)
        return 0
    if found is None:
        emit(f"Forgot what was imported for {done.accounts:,} accounts.")
        return 0
    emit(f"{done.days:,} days of {done.accounts:,} accounts, {done.assessed:,} assessed anew.")
    if done.own_data:
        emit(f"{len(done.own_data):,} accounts have data of their own, which goes before: {_some(done.own_data)}")
    if done.unknown:
        emit(f"{len(done.unknown):,} are not in the book and wait for it: {_some(done.unknown)}")
    return 0


def _some(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
