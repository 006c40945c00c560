"""`triage doctor`: what is wrong with this installation, and what to do; also the rescue of a damaged outbox."""

import argparse
from pathlib import Path

from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage doctor`."""
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    parser.add_argument(
        "--rescue-outbox", action="store_true", help="print what a damaged outbox still holds, one JSON line each"
    )
    parser.add_argument(
        "--new-outbox", action="store_true", help="put an outbox that cannot be used aside and begin an empty one"
    )
    parser.add_argument(
        "--accept-keys",
        action="store_true",
        help="believe the server's signing keys and audit head as they are now; ask its owner first",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the rescued lines to FILE (0600)")
    parser.set_defaults(run=run_doctor)


def run_doctor(args: argparse.Namespace, context: Context) -> int:
    """Look at everything; exit 1 when something is wrong."""
    if args.new_outbox or args.accept_keys:
        context.need_write()
    if args.rescue_outbox:
        from triage.commands.rescue import run_rescue

        return run_rescue(context, args.out)
    if args.new_outbox:
        from triage.commands.rescue import run_new_outbox

        return run_new_outbox(context)
    if args.accept_keys:
        return _accept_keys(context)
    from triage.commands.doctor_checks import examine

    findings = examine(context)
    if args.json:
        emit_json([{"name": one.name, "ok": one.ok, "what": one.what, "todo": one.todo} for one in findings])
    else:
        for one in findings:
            emit(f"{'ok' if one.ok else '!!'}  {one.name:<11}  {one.what}")
            if one.todo:
                emit(f"{'':<17}{one.todo}")
    return 0 if all(one.ok for one in findings) else 1


def _accept_keys(context: Context) -> int:
    """Pin what the server signs with now and start from its present head; SignedOut, Offline, BadAnswer."""
    from contextlib import closing

    from data.errors import BadAnswer
    from data.receipts import Seen, head_problem
    from triage.commands.joined import open_session

    session = open_session(context, network=True)
    with closing(session.backend()) as backend, closing(session.open_outbox()) as outbox:
        keys, head = backend.keys(), backend.head()
        wrong = head_problem(head, keys) if head.seq > 0 else None
        if wrong is not None:
            raise BadAnswer(f"Nothing was accepted. {wrong}")
        seen = Seen(head.seq, head.hash)
        outbox.accept_keys(session.place.base_url, keys, session.clock(), seen)
    with closing(session.open_cache()) as cache:
        cache.restart_trail()
    emit(f"Accepted: {', '.join(sorted(keys)) or 'no key'}; the audit trail ends at entry {head.seq:,}.")
    emit("triage sync looks again and takes its trail anew.")
    emit("A parked change whose receipt did not hold: triage outbox retry ID")
    return 0
