"""`triage assess`: the decision tree over one account, by its signals and by what a person answers."""

import argparse
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import ConfigError, NoData, TriageError
from data.health_tree import UNDETERMINED, Answer, Tree
from data.safe_text import safe_text
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser
from triage.config_file import nearest

if TYPE_CHECKING:
    from data.interview_view import InterviewView
    from data.remedy import Change

_EPILOG = """a tree of your own: `tree = "FILE"` in the config names it. It takes effect only once it is accepted:
--diff FILE shows which accounts would come out differently, --accept FILE shows the same and accepts it; the app asks
too. Until then, and after the file has changed, the tree accepted before goes on. FILE may be `shipped`: triage's own
tree. With --tree, --diff and --accept nothing leaves this machine."""


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage assess`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("id", metavar="ID", nargs="?", help="the account's id")
    parser.add_argument(
        "--answer",
        metavar="Q=A",
        action="append",
        default=[],
        help="answer a question by yes, no or unknown, before what the signals say; may be given several times",
    )
    parser.add_argument("--tree", metavar="FILE", help="try another tree for this once; nothing is recorded by it")
    parser.add_argument("--record", action="store_true", help="queue the outcome for the account's trail")
    parser.add_argument(
        "--reason", metavar="TEXT", default="", help="with --record: why, 10 to 500 characters, or none"
    )
    parser.add_argument("--diff", metavar="FILE", help="what the tree of FILE would change over the book")
    parser.add_argument("--accept", metavar="FILE", help="the same, and let it take effect: FILE is the config's tree")
    parser.add_argument("--json", action="store_true", help="a JSON object")
    parser.set_defaults(run=run_assess)


def run_assess(args: argparse.Namespace, context: Context) -> int:
    """Print the outcome for one account, record it if asked; or compare trees. Only `--record` may use the network."""
    _refuse_contradictions(args)
    if args.record or args.accept is not None:
        context.need_write()
    from triage.commands.reading import no_data

    try:
        if args.diff is not None or args.accept is not None:
            from triage.commands.assess_trees import run_trees

            return run_trees(args, context)
        return _record(args, context) if args.record else _assess(args, context)
    except NoData as error:
        return no_data(error, context, args.json)


def _refuse_contradictions(args: argparse.Namespace) -> None:
    trees = args.diff is not None or args.accept is not None
    if trees and (args.id or args.answer or args.tree or args.record or args.reason):
        raise ConfigError("--diff and --accept are about the whole book and stand alone.")
    if args.diff is not None and args.accept is not None:
        raise ConfigError("--diff and --accept contradict each other; --accept shows the diff too.")
    if not trees and not args.id:
        raise ConfigError("Which account? triage assess ID. For another tree: --diff FILE.")
    if args.record and args.tree:
        raise ConfigError("--tree only tries a tree out, --record writes down. Leave out one of them.")
    if args.reason and not args.record:
        raise ConfigError("--reason goes with --record.")


def tree_of_file(name: str) -> Tree:
    """The tree of a file, or triage's own for `shipped`; TreeError (exit 2) says what is wrong with it."""
    from triage.tree_file import load_tree

    return load_tree(None if name == "shipped" else Path(name))


def said_answers(pairs: Sequence[str], tree: Tree) -> dict[str, Answer | None]:
    """What a person answered, by question; None: the signals do. ConfigError (exit 2) names the nearest word."""
    known = [one.id for one in tree.questions]
    said: dict[str, Answer | None] = {}
    for pair in pairs:
        name, sign, word = pair.partition("=")
        if not sign:
            raise ConfigError(f"--answer wants QUESTION=ANSWER, such as {known[0]}=yes, not {safe_text(pair)!r}.")
        if name not in known:
            near = nearest(name, known)
            raise ConfigError(f"This tree has no question {name!r}.{near} It has: {', '.join(known)}.")
        if word not in [*Answer]:
            near = nearest(word, [*Answer])
            raise ConfigError(f"{name} is answered by yes, no or unknown, not by {word!r}.{near}")
        said[name] = Answer(word)
    return said | {name: None for name in known if name not in said}


def _assess(args: argparse.Namespace, context: Context) -> int:
    from triage.commands.reading import open_book
    from triage.desk.interview import InterviewDesk

    with open_book(context) as book:
        tree = tree_of_file(args.tree) if args.tree else book.session.tree
        desk = InterviewDesk(book.session, book.cache, book.pending)
        _show(args, desk.view(args.id, said_answers(args.answer, tree), tree), None)
    return 0


def _record(args: argparse.Namespace, context: Context) -> int:
    from triage.commands.joined import know_author, open_session
    from triage.desk import Desk

    session = open_session(context, network=True)
    said = said_answers(args.answer, session.tree)
    with closing(Desk.open(session)) as desk:
        if desk.cache.synced_at is None:
            raise NoData("No data yet: triage sync")
        know_author(session, desk.cache)
        view = desk.interview(args.id, said)
        change = desk.record_assessment(view, args.reason) if view is not None else None
        _show(args, view, change)
    context.say("Queued. triage sync sends it.")
    return 0


def _show(args: argparse.Namespace, view: "InterviewView | None", change: "Change | None") -> None:
    if view is None:
        raise TriageError(f"There is no account {safe_text(args.id)} in the book. triage list --all shows all.")
    if args.json:
        emit_json(assessed(view, change))
        return
    for line in _lines(view, change):
        emit(line)


def assessed(view: "InterviewView", change: "Change | None") -> dict[str, Any]:
    """The object of `assess --json`: keys as in interface.md, always present, and more."""
    reading, last = view.reading, view.recorded
    return {
        "leaf": reading.leaf,
        "code": reading.code,
        "color": reading.color,
        "path": reading.path,
        "answers": {
            one.question: {"answer": one.answer, "source": one.source, "why": one.why} for one in reading.answers
        },
        "skipped": reading.skipped,
        "despite": reading.despite,
        "flags": reading.flags,
        "range": [reading.best, reading.worst],
        "next_question": reading.next_question,
        "id": view.row.id,
        "tasks": reading.tasks,
        "triggers": view.triggers,
        "tree": {"version": reading.tree_version, "hash": reading.tree_hash},
        "last": last and {"at": last.at, "name": last.name, "leaf": last.leaf, "tree_hash": last.tree_hash},
        "change_id": change.change_id if change else None,
        "state": change.state if change else None,
    }


def _lines(view: "InterviewView", change: "Change | None") -> list[str]:
    from triage.commands.words import doubtful
    from triage.rules.tree import outcome_words
    from widgets.numbers import utc

    reading, tree = view.reading, view.tree
    questions = {one.id: one for one in tree.questions}
    titles = {one.name: one.title for one in tree.leaves}
    title = f"  {titles[reading.leaf]}, {reading.code}" if reading.leaf != UNDETERMINED else ""
    lines = [f"{doubtful(view.row)}  {view.row.id}", f"{outcome_words(reading)}{title}"]
    if reading.next_question is not None:
        lines.append(f"Most useful to know: {reading.next_question}  {questions[reading.next_question].text}")
    lines += ["", "Answers"]
    for one in reading.answers:
        aside = "" if one.question not in reading.skipped else "  (not asked)"
        lines.append(f"  {one.question}  {one.answer:<7}  {questions[one.question].text}{aside}")
        lines.append(f"  {' ' * len(one.question)}           {one.source}: {one.why}")
    for heading, sentences in (("Flags", view.flags), ("To do", view.tasks), ("Assess again", view.triggers)):
        lines += ["", heading, *(f"  {one}" for one in sentences)] if sentences else []
    last = view.recorded
    waits = " (waits to be sent)" if last is not None and last.waits else ""
    lines += ["", f"Last recorded: {last.leaf} by {last.name}, {utc(last.at)}{waits}" if last else "Never recorded."]
    lines.append(f"Tree: version {tree.version}, {tree.mark}")
    return [*lines, f"{change.state} {change.change_id}"] if change else lines
