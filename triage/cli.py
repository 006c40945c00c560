"""The command line: parse, run one command, turn what happened into a sentence and an exit code."""

import argparse
import io
import os
import sys
from collections.abc import Mapping

from data.errors import TriageError
from triage.commands.context import Context
from triage.commands.parser import flags_of, parse


def main(argv: list[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run the program and return its exit code: 0 ok, 1 failed, 2 usage, 3 offline, 4 not allowed.

    An interrupt is the caller's (130), so that it is one while this module still loads too.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 gets ?, never a traceback
    try:
        args = parse(sys.argv[1:] if argv is None else argv)
        context = Context(flags_of(args), environ)
        code = _run(args, context)
        sys.stdout.flush()
        return code
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except BrokenPipeError:
        _close_stdout()
        return 0


def _run(args: argparse.Namespace, context: Context) -> int:
    try:
        if args.command is None:
            from triage.commands.start import open_at

            return open_at(context, args.account, by_line=args.by_line)
        code: int = args.run(args, context)
        return code
    except TriageError as error:
        context.say(f"triage: {error}")
        return error.exit_code
    except BrokenPipeError:
        raise
    except OSError as error:
        context.say(f"triage: {error.strerror or error}: {error.filename or ''}".rstrip(": "))
        return 1


def _close_stdout() -> None:
    """Nobody reads any more: let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
