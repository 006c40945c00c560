"""`triage monitor`: every open alert of the usage monitor, what would be sent or why not; `--send` sends it."""

import argparse
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from data.errors import NoData
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser

if TYPE_CHECKING:
    from triage.desk.monitor_pass import AlertLine, Pass

HEADS = ("STATE", "USAGE", "ACCOUNT", "ID", "SINCE", "ROUTE", "WHAT NEXT")
ROUTES = {"automatic": "by itself", "csm": "CSM", "csm_high": "CSM, high priority", "unassigned": "unassigned"}
ACTIONS = {"check_in": "would send a check-in", "follow_up": "would send the follow-up"}
FAILED, RETRY = 1, 3


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage monitor`."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--send", action="store_true", help="sync, then send what a dry run of the last 24 h has shown")
    what.add_argument(
        "--dry-run", action="store_true", help="only show what would be sent (what it does without --send)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print a JSON object")
    form.add_argument("--plain", action="store_true", help="tab-separated, without a heading")
    parser.set_defaults(run=run_monitor)


def run_monitor(args: argparse.Namespace, context: Context) -> int:
    """One pass; exit 1 where a message failed or is unclear, 3 where one still waits or nobody could be reached."""
    return _send(args, context) if args.send else _show(args, context)


def _show(args: argparse.Namespace, context: Context) -> int:
    """A dry run: never the network; what it shows may be sent within 24 hours."""
    from triage.commands.joined import open_session
    from triage.desk.monitor_pass import Monitor

    try:
        session = open_session(context, network=False)
        cache, outbox = session.open_files()
        with closing(cache), closing(outbox):
            monitor = Monitor(session, cache, outbox)
            seen = monitor.look()
            monitor.show(seen)
    except NoData as error:
        if args.json:
            emit_json([])
        context.say(str(error))
        return error.exit_code
    _print(args, context, seen, {"dry_run": True, "ready": len(seen.ready)})
    context.say(f"{len(seen.ready)} would be sent by triage monitor --send within 24 hours.")
    return 0


def _send(args: argparse.Namespace, context: Context) -> int:
    from triage.commands.joined import open_session
    from triage.desk.monitor_send import send_pass
    from triage.desk.sync import sync_once

    context.need_write()
    context.settings.need_base_url()
    session = open_session(context, network=True)
    outcome = sync_once(session)
    for note in outcome.notes:
        context.say(note)
    if outcome.error is not None:
        context.say(f"triage: Nothing was sent. {outcome.error}")
        return outcome.error.exit_code
    cache, outbox = session.open_files()
    with closing(cache), closing(outbox):
        done = send_pass(session, cache, outbox)
    counts = {"sent": done.sent, "failed": done.failed, "unclear": done.unclear, "waiting": done.waiting}
    _print(args, context, done.seen, {"dry_run": False, **counts})
    context.say(", ".join(f"{name} {count}" for name, count in counts.items()))
    if done.failed or done.unclear:
        return FAILED
    return RETRY if done.waiting else 0


def _print(args: argparse.Namespace, context: Context, seen: "Pass", more: dict[str, Any]) -> None:
    if args.json:
        emit_json({"at": seen.at, **more, "fleet": seen.fleet or None, "alerts": [_object(one) for one in seen.lines]})
        return
    from triage.commands.tables import aligned, plain

    if args.plain:
        sys.stdout.writelines(plain(_cells(one) for one in seen.lines))
        return
    if seen.fleet:
        emit(f"! {seen.fleet}")
    for line in aligned(HEADS, [_cells(one) for one in seen.lines], ("USAGE",)):
        emit(line)


def _object(one: "AlertLine") -> dict[str, Any]:
    return {
        "account_id": one.account_id,
        "name": one.name,
        "state": one.state,
        "ratio": one.ratio,
        "since": one.since,
        "route": one.route,
        "action": one.action,
        "problem": one.problem,
        "key": one.key,
        "outcome": one.outcome,
    }


def _cells(one: "AlertLine") -> list[str]:
    what = one.outcome or one.problem or ACTIONS[one.action or "check_in"]
    ratio = "-" if one.ratio is None else f"{one.ratio:.0%}"
    name = str(one.name) or one.account_id
    return [one.state, ratio, name, one.account_id, one.since, ROUTES[one.route] if one.route else "-", what]
