"""`triage sync`: push what waits, pull what changed."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage sync`."""
    parser.add_argument("--full", action="store_true", help="fetch the whole book anew")
    parser.add_argument("--yes", action="store_true", help="also where that removes more than a fifth of the accounts")
    parser.add_argument("--json", action="store_true", help="print a JSON object, also when it fails")
    parser.set_defaults(run=run_sync)


def run_sync(args: argparse.Namespace, context: Context) -> int:
    """Try each waiting row once, then pull; exit 0 even with conflicts, 3 offline, 4 signed out."""
    from triage.commands.joined import open_session
    from triage.desk.sync import sync_once

    context.settings.need_base_url()  # the URL that the cache names is for reading only
    session = open_session(context, network=True)
    with _progress() as progress:
        outcome = sync_once(session, full=args.full, yes=args.yes, progress=progress)
    for note in outcome.notes:
        context.say(note)
    done = outcome.summary
    if context.settings.read_only and done.waiting:
        context.say(f"Read-only: {done.waiting} changes wait and were not sent.")
    if args.json:
        emit_json(done)
    else:
        emit(
            f"pushed {done.pushed}, conflicts {done.conflicts}, rejected {done.rejected}, waiting {done.waiting}, "
            f"pulled {done.pulled}, removed {done.removed}, {done.took_ms} ms"
        )
    if outcome.error is not None:
        context.say(f"triage: {outcome.error}")
        return outcome.error.exit_code
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A counter on stderr where that is a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    with Progress(
        TextColumn("Fetching the book, {task.completed:,.0f} accounts so far"),
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=4,
    ) as shown:
        task = shown.add_task("", total=None)
        yield lambda count: shown.update(task, completed=count)
