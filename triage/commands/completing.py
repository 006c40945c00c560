"""`triage completions`: the script for a shell, and the words that only this home knows; never the network."""

import argparse
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from data.errors import TriageError
from triage.commands.context import Context, emit
from triage.commands.parser import Parser

MOST = 200
# A shell would act on anything else in a word; whoever has such an id types it.
_TAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]*")
_EPILOG = """bash: source <(triage completions bash)     in ~/.bashrc
zsh:  source <(triage completions zsh)      in ~/.zshrc, after compinit
fish: triage completions fish | source      in ~/.config/fish/config.fish"""


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage completions`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("shell", metavar="SHELL", nargs="?", choices=["bash", "zsh", "fish"], help="bash, zsh or fish")
    parser.add_argument("--words", choices=[*WORDS], help=argparse.SUPPRESS)
    parser.add_argument("--begin", metavar="TEXT", default="", help=argparse.SUPPRESS)
    parser.set_defaults(run=run_completions)


def run_completions(args: argparse.Namespace, context: Context) -> int:
    """Print a script; with `--words` what begins with `--begin`, or nothing where it cannot be told."""
    if args.words:
        for word in words(args.words, args.begin, context):
            emit(word)
        return 0
    if args.shell is None:
        args.parser.error("for which shell? bash, zsh or fish.")
    from triage.commands.grammar import grammar
    from triage.commands.shells import script

    sys.stdout.write(script(args.shell, grammar()))
    return 0


def words(kind: str, begin: str, context: Context) -> list[str]:
    """At most 200 words of a kind that begin so; whatever is wrong here is no matter for a completion."""
    try:
        found = WORDS[kind](begin, context)
    except (TriageError, OSError, sqlite3.Error):
        return []
    return [word for word in found if word.startswith(begin) and _TAME.fullmatch(word)][:MOST]


def _accounts(begin: str, context: Context) -> Iterable[str]:
    """By id; before a letter is typed the gravest accounts."""
    file = context.settings.cache_file
    if not begin:
        return _column(file, "SELECT id FROM listing ORDER BY rank, order1, order2, id LIMIT ?", MOST)
    query = "SELECT id FROM account WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
    return _column(file, query, begin, begin + chr(sys.maxunicode), MOST)


def _changes(begin: str, context: Context) -> Iterable[str]:
    """Those that are not over, the newest first."""
    query = "SELECT change_id FROM change WHERE state NOT IN ('applied', 'discarded') ORDER BY position DESC"
    return _column(context.settings.outbox_file, query)


def _views(begin: str, context: Context) -> Iterable[str]:
    from data.saved_view import VIEWS

    return [*VIEWS, *(one.name for one in context.settings.views)]


def _profiles(begin: str, context: Context) -> Iterable[str]:
    from triage.config_file import read_file

    settings = context.settings
    return read_file(settings.config_file).profiles if settings.config_found else ()


WORDS: dict[str, Callable[[str, Context], Iterable[str]]] = {
    "accounts": _accounts,
    "changes": _changes,
    "views": _views,
    "profiles": _profiles,
}


def _column(file: Path, query: str, *values: object) -> list[str]:
    """One column of a file of ours that is only looked at; nothing where there is no file."""
    if not file.is_file():
        return []
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        return [str(word) for (word,) in connection.execute(query, values)]
