"""The argument parser: global options before or after the command, and the nearest word for a misspelt one."""

import argparse
import importlib
import os
import re
import sys
from collections.abc import Collection
from typing import Any, NoReturn

from data.safe_text import safe_reason
from triage.commands import COMMANDS
from triage.config import Flags
from triage.config_file import nearest

ACK = (
    "acknowledge a repeated reset (A13) or old figures, or confirm a downgrade: the first word of the account's name, "
    "or its id"
)
_HELP = re.compile("--help|-[a-z]*h")
USUAL_COLUMNS = 80
_TOKEN_IN_SIGHT = (
    "takes no token as an argument: the shell's history keeps it and other programs see it. "
    "Pipe it in with --token-stdin. If it was a real one, have it withdrawn."
)
_EPILOG = """exit codes: 0 ok, 1 failed, 2 usage or config, 3 offline or no data, 4 signed out or not allowed,
            130 interrupted
environment: TRIAGE_BASE_URL, TRIAGE_TOKEN or TRIAGE_TOKEN_FILE, TRIAGE_CONFIG, TRIAGE_PROFILE, TRIAGE_HOME, NO_COLOR
Data goes to stdout, narration to stderr."""


class _Help(argparse.HelpFormatter):
    """Finds the width itself: argparse makes one for each option, and would load shutil and its compression for it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


class _HelpAsItStands(_Help, argparse.RawDescriptionHelpFormatter):
    pass


def _columns() -> int:
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size().columns or USUAL_COLUMNS
    except OSError:
        return USUAL_COLUMNS


class Parser(argparse.ArgumentParser):
    """A parser without abbreviations, whose errors exit 2 and suggest what was meant."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": _Help, **options})

    def error(self, message: str) -> NoReturn:
        """Print one line and exit 2."""
        wrong = re.search(r"invalid choice: '([^']*)'", message)
        if wrong:
            known = re.findall(r"'?([\w-]+)'?", message.partition("(choose from ")[2])
            message = f"there is no {wrong.group(1)!r}." + (
                nearest(wrong.group(1), known) or f" There is: {', '.join(known)}."
            )
        message = re.sub(r"invalid _?(\w+) value: ", r"not a \1: ", message)
        print(safe_reason(f"{self.prog}: {message}"), file=sys.stderr)
        raise SystemExit(2)


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the parsed arguments: `run` is the command's function (absent for the app), `command` its name or None."""
    # Parsers are costly to build: only what the words may mean is built, and all where they mean none.
    asked = [name for name in COMMANDS if name in argv and argv[0] not in ("-h", "--help")]
    if not asked and not any(_HELP.match(word) for word in argv):
        args, more = _only_options(global_options()).parse_known_args(argv)
        if not more:
            return args
    top = build_parser(asked)
    args, unknown = top.parse_known_args(argv)
    if args.command is not None and args.command != "demo" and args.by_line:
        args.parser.error("--plain before a command opens nothing. Write it behind the command, where it has one.")
    if unknown and not getattr(args, "any_options", False):  # whose options come with an extra that is not there
        options = re.findall(r"--[a-z][a-z-]*", args.parser.format_help())
        name = unknown[0].split("=")[0]
        near = nearest(name, options)
        if args.command == "login" and not near:  # then it is likely the token, and not to be shown again
            args.parser.error(_TOKEN_IN_SIGHT)
        args.parser.error(f"unknown argument {name!r}." + near)
    return args


def build_parser(full: Collection[str]) -> Parser:
    """The parser with the options of the commands in `full`, or with the mere names of all where it is empty."""
    shared = global_options()
    top = Parser(
        prog="triage",
        description="The at-risk inbox for customer success. Without a command it opens the app.",
        epilog=_EPILOG,
        formatter_class=_HelpAsItStands,
        parents=[shared],
    )
    _add_account(top)
    top.set_defaults(parser=top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name in full or COMMANDS:
        family, sentence = COMMANDS[name]
        made = commands.add_parser(name, help=sentence, description=as_sentence(sentence), parents=[shared])
        made.set_defaults(parser=made)
        if full:
            importlib.import_module(f"triage.commands.{family}").add(name, made)
    return top


def _only_options(shared: Parser) -> Parser:
    """The parser of a line without a command, which opens the app."""
    made = Parser(prog="triage", add_help=False, parents=[shared])
    _add_account(made)
    made.set_defaults(parser=made, command=None)
    return made


def _add_account(parser: Parser) -> None:
    parser.add_argument("--account", metavar="ID", help="open the app at this account")
    plain = "line by line instead of a screen: for screen readers, Braille, and terminals that have only lines"
    parser.add_argument("--plain", action="store_true", dest="by_line", help=plain)


def flags_of(args: argparse.Namespace) -> Flags:
    """Return the global options."""
    return Flags(
        config=getattr(args, "config", None),
        profile=getattr(args, "profile", None),
        home=getattr(args, "home", None),
        read_only=getattr(args, "read_only", False),
        no_input=getattr(args, "no_input", False),
        verbose=getattr(args, "verbose", 0),
    )


def global_options() -> Parser:
    """The options that stand before or after the command; absent ones leave no attribute, so neither place wins."""
    shared = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = shared.add_argument_group("everywhere")
    group.add_argument("--config", metavar="FILE", help="the config file")
    group.add_argument("--profile", metavar="NAME", help="the profile, a [profiles.NAME] table of the config file")
    group.add_argument("--home", metavar="DIR", help="keep config, outbox and cache below DIR")
    group.add_argument("--read-only", action="store_true", help="queue and send nothing")
    group.add_argument("--no-input", action="store_true", help="never ask anything")
    group.add_argument("-v", "--verbose", action="count", help="say more on stderr")
    return shared


def as_sentence(text: str) -> str:
    """A line of help as the sentence that opens the command's own help."""
    return text[0].upper() + text[1:] + "."
