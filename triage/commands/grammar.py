"""The live parser as plain values: every command with its options and arguments, for completions and the man page."""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

from triage.commands import COMMANDS
from triage.commands.parser import build_parser, global_options

# what completes a value, by the name that the help gives it
KINDS = {
    "FILE": "files",
    "DIR": "directories",
    "--profile": "profiles",
    "--view": "views",
    "--account": "accounts",
    "--account-id": "accounts",
}


class CommandOption(NamedTuple):
    """One option, or a positional argument (no `flags`). `value` is its value's name, empty for a switch.

    `kind` says what completes its value: accounts, changes, views, profiles, files, directories, or nothing.
    """

    flags: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    help: str
    kind: str
    everywhere: bool
    required: bool


class Command(NamedTuple):
    """One command; `path` empty for the program itself. `inner` are the commands below it."""

    path: tuple[str, ...]
    sentence: str
    epilog: str
    options: tuple[CommandOption, ...]
    arguments: tuple[CommandOption, ...]
    inner: tuple[tuple[str, str], ...]


def grammar() -> list[Command]:
    """The program, then every command and action, in the order of the help."""
    top = build_parser(COMMANDS)
    everywhere = {flag for action in global_options()._actions for flag in action.option_strings}
    return list(_walk(top, (), everywhere))


def _walk(parser: argparse.ArgumentParser, path: tuple[str, ...], everywhere: set[str]) -> Iterator[Command]:
    below = next((one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None)
    told = [one for one in parser._actions if one.help != argparse.SUPPRESS and one is not below]
    made = [_option(parser, one, path, everywhere) for one in told]
    sentences = {one.dest: one.help or "" for one in below._choices_actions} if below else {}
    yield Command(
        path,
        parser.description or "",
        parser.epilog or "",
        tuple(one for one in made if one.flags),
        tuple(one for one in made if not one.flags),
        tuple((name, sentences.get(name, "")) for name in below.choices) if below else (),
    )
    for name, inner in below.choices.items() if below else ():
        yield from _walk(inner, (*path, name), everywhere)


def _option(
    parser: argparse.ArgumentParser, action: argparse.Action, path: tuple[str, ...], everywhere: set[str]
) -> CommandOption:
    formatter = parser._get_formatter()
    takes = action.nargs != 0
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    flags = tuple(action.option_strings)
    kind = next((KINDS[one] for one in (*flags, name) if one in KINDS), "")
    if not flags and name == "ID":
        kind = "changes" if path[:1] == ("outbox",) else "accounts"
    return CommandOption(
        flags=flags,
        value=name if takes else "",
        choices=tuple(map(str, action.choices)) if action.choices else (),
        help=formatter._expand_help(action) if action.help else "",
        kind=kind if takes else "",
        everywhere=bool(set(flags) & everywhere),
        required=action.required,
    )
