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
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the rescued lines to FILE (0600)")
    parser.set_defaults(run=run_doctor)


def run_doctor(args: argparse.Namespace, context: Context) -> int:
    """Look at everything; exit 1 when something is wrong."""
    if args.rescue_outbox:
        from triage.commands.rescue import run_rescue

        return run_rescue(context, args.out)
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
