"""`triage serve`: the app in a browser, one for each window of it, behind an address that only its owner knows."""

import argparse
import os
import shlex
import sys
from importlib.util import find_spec

from data.backends.native_http import is_loopback
from data.errors import ConfigError, TriageError
from triage.commands.context import Context, emit
from triage.commands.parser import Parser

NEEDS_EXTRA = "This needs a web server. In triage's own folder: pip install '.[serve]'"
HOST, PORT = "127.0.0.1", 8788
_EPILOG = """The address that is printed holds a key, new at every start: whoever has it works under your name. Every
window runs an app of its own, in this profile and home; closing it quits that app, and what waits is kept."""


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage serve`."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=_port, default=PORT, metavar="P", help=f"port ({PORT}); 0 = any free one")
    away = "another address of this machine than loopback: others can reach it then, unencrypted"
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help=away)
    parser.set_defaults(run=run_serve)


def run_serve(args: argparse.Namespace, context: Context) -> int:
    """Serve until SIGTERM or SIGINT; the address goes to stdout. Exit 1 where the port is taken."""
    if find_spec("textual_serve") is None:
        raise TriageError(NEEDS_EXTRA)
    context.settings.need_base_url()
    if args.host in ("0.0.0.0", "::", ""):
        raise ConfigError("--host wants one address of this machine, the one that browsers open.")
    from triage.commands.serving_web import Served, bind

    if not is_loopback(args.host):
        context.say(
            f"Others can reach {args.host}, and nothing on the way is encrypted: whoever sees the address below or "
            "listens on the network works under your name. Better: --host left out, and ssh -L."
        )
    try:
        bound = bind(args.host, args.port)
    except OSError as error:
        raise TriageError(f"{args.host}:{args.port} cannot be used: {error.strerror or error}.") from None
    _prepare(context)

    def listening(address: str) -> None:
        emit(address)
        sys.stdout.flush()
        context.say("Open this address; ctrl+c here ends it for all windows.")

    Served(app_command(context), args.host, bound.getsockname()[1], listening).run(bound)
    return 0


def app_command(context: Context) -> str:
    """The shell's line that opens the app as this command was told to: same profile, home and config."""
    flags = context.flags
    words = [sys.executable, "-P", "-m", "triage"]
    for option, value in (("--config", flags.config), ("--profile", flags.profile), ("--home", flags.home)):
        words += [option, os.fspath(value)] if value else []
    words += ["--read-only"] if flags.read_only else []
    return f"exec {shlex.join(words)}"


def _prepare(context: Context) -> None:
    """What the apps inherit: the token that this process was given, and what a browser can draw."""
    token = context.environ.get("TRIAGE_TOKEN")
    if token:
        os.environ["TRIAGE_TOKEN"] = token  # ours took it out of its own, for all other children
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port
