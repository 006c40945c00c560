"""`triage` (the app), `triage demo` and `triage sandbox`."""

import argparse
import os
import signal
import sys
from types import FrameType

from data.errors import ConfigError, TriageError
from triage.commands.context import Context
from triage.commands.parser import Parser
from triage.config import Flags

WEB_DRIVER = "textual.drivers.web_driver:WebDriver"
FRAMES = "240"  # a second: what a key changes in two steps is not a sixtieth apart; nothing is drawn unless it changed
NEEDS_EXTRA = "This needs the reference server. In triage's own folder: pip install '.[sandbox]'"


def add(name: str, parser: Parser) -> None:
    """Add the options of a command of this family."""
    if name == "demo":
        parser.add_argument("--accounts", type=_count, default=1000, metavar="N", help="size of the book (1000)")
        parser.add_argument("--seed", type=int, default=7, metavar="S", help="same seed and day, same book (7)")
        parser.add_argument("--plain", action="store_true", dest="by_line", help="line by line, for screen readers")
        parser.set_defaults(run=run_demo)
        return
    parser.set_defaults(run=run_sandbox)
    if _has_server():
        from triage.sandbox.command import add_arguments

        add_arguments(parser)
    else:
        parser.epilog = NEEDS_EXTRA
        parser.set_defaults(any_options=True)


def open_at(context: Context, account_id: str | None, *, by_line: bool) -> int:
    """Open the app, or the plain mode."""
    if by_line:
        from triage.commands.plain.opening import open_plain

        return open_plain(context, account_id)
    return open_app(context, account_id)


def open_app(context: Context, account_id: str | None) -> int:
    """Open the app; Textual is imported here and nowhere else."""
    if context.settings.base_url is None and not context.flags.no_input and _has_terminal() and not _dumb(context):
        from triage.commands.first_run import first_context

        context = first_context(context)
    settings = context.settings
    settings.need_base_url()
    _need_terminal(context)
    import logging

    if not (os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY")):
        os.environ.setdefault("TEXTUAL_FPS", FRAMES)  # read when Textual is imported
    # Else what libraries log (asyncio: the message of an error nobody fetched) is written across the screen.
    logging.getLogger().addHandler(logging.NullHandler())
    from data.kept_screen import ScreenFile
    from triage.app import TriageApp
    from triage.app_look import Wishes
    from triage.commands.joined import open_session
    from triage.desk import Desk

    desk = Desk.open(open_session(context, network=True))
    wishes = Wishes(settings.theme, settings.glyphs, settings.density, settings.colour or None, settings.themes_dir)
    screen_file = ScreenFile(settings.screen_file)
    app = TriageApp(
        desk, account=account_id, wishes=wishes, screen_file=screen_file, keymap=settings.keys, notify=settings.notify
    )
    sentence = app.run(mouse=settings.mouse)
    if sentence:
        context.say(sentence)
    return app.return_code or 0


def run_demo(args: argparse.Namespace, context: Context) -> int:
    """Serve a made-up book on loopback and open the app on it, in a home that is removed afterwards."""
    import tempfile

    if not _has_server():
        raise TriageError(NEEDS_EXTRA)
    if not args.by_line:
        _need_terminal(context)
    from triage.sandbox.process import SandboxFailed, start

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    context.say(f"Seeding {args.accounts:,} made-up accounts …")
    with tempfile.TemporaryDirectory(prefix="triage-demo-") as home:
        try:
            running = start(accounts=args.accounts, seed=args.seed, live=True)
        except SandboxFailed as error:
            raise TriageError(str(error)) from None
        with running:
            # The token stays in this process: a mapping of our own, not the environment that children inherit.
            environ = {name: text for name, text in context.environ.items() if not name.startswith("TRIAGE_")}
            environ |= {"TRIAGE_BASE_URL": running.url, "TRIAGE_TOKEN": running.token}
            flags = Flags(home=home, read_only=context.flags.read_only, verbose=context.flags.verbose)
            return open_at(Context(flags, environ), None, by_line=args.by_line)


def run_sandbox(args: argparse.Namespace, context: Context) -> int:
    """Run the reference server alone."""
    if not _has_server():
        raise TriageError(NEEDS_EXTRA)
    from triage.sandbox.command import run

    return run(args)


def _need_terminal(context: Context) -> None:
    if context.environ.get("TEXTUAL_DRIVER") == WEB_DRIVER:
        return  # triage serve has opened us for a window of a browser
    if not _has_terminal():
        raise ConfigError("The app needs a terminal. Without one: triage list, show, remedy, sync.")
    if _dumb(context):
        raise ConfigError("This terminal (TERM=dumb) draws no screen. triage --plain works line by line.")


def _dumb(context: Context) -> bool:
    return context.environ.get("TERM") == "dumb"


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _has_server() -> bool:
    from importlib.util import find_spec

    return all(find_spec(name) for name in ("fastapi", "uvicorn"))


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _end(_number: int, _frame: FrameType | None) -> None:
    """End as if interrupted, so that server and home are cleaned up."""
    raise KeyboardInterrupt
