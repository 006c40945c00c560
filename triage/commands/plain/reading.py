"""What is only read, and the interview: why, the trail, the portfolio, the decision tree question by question."""

from collections.abc import Iterator

from data.health_tree import Answer
from data.interview_view import InterviewView
from data.ports import Detail
from triage.commands.plain import words
from triage.commands.plain.browse import Browser
from triage.commands.plain.here import Here
from triage.commands.plain.talk import Left
from triage.commands.words import doubtful, value_words
from widgets.numbers import utc

ENTRIES = 200
_ANSWERS = {"y": Answer.YES, "yes": Answer.YES, "n": Answer.NO, "no": Answer.NO, "x": Answer.UNKNOWN}


def why(here: Here, detail: Detail, rule: str) -> None:
    """w: what every rule says about the account; `w A3` with that rule's inputs, `w all` with those of all."""
    from msgspec.structs import replace

    from triage.commands.systems import system_lines

    view = here.attempt(lambda: here.desk.health(detail.row.id))
    if view is None:
        return
    verdicts = view.verdicts
    if rule and rule != "all":
        verdicts = tuple(one for one in verdicts if one.rule.casefold() == rule.casefold())
        for one in verdicts:
            inputs = ", ".join(f"{name} {value_words(value)}" for name, value in one.inputs.items())
            here.say(f"{one.rule} {one.verdict}.", f"Inputs: {inputs}." if inputs else "It takes no inputs.")
        if not verdicts:
            here.say(f"No rule {rule} speaks about this account.")
        return
    shown = verdicts if rule else [replace(one, inputs={}) for one in verdicts]
    here.say(f"Why, {doubtful(view.row)}.")
    lines = system_lines(view.row, shown, view.index, here.now, here.glyphs)
    here.say(*(" ".join(line.split()) for line in lines if line.strip()))


def audit(here: Here, account_id: str | None) -> None:
    """a: the audit trail, newest first; what the chain proves comes first."""
    here.say(here.desk.audit_state())
    Browser(
        here,
        "Audit of this account" if account_id else "Audit",
        lambda: here.desk.audit(account_id, None, ENTRIES),
        words.entry_line,
        lambda one: str(one.seq),
        lambda one: [words.entry_line(one), *_difference(one.before, one.after, here)],
        none="no entries.",
    ).run()


def _difference(before: dict[str, object] | None, after: dict[str, object] | None, here: Here) -> Iterator[str]:
    from triage.commands.words import fields_words

    was = dict(fields_words(before or {}, None, here.glyphs))
    for name, value in fields_words(after or {}, None, here.glyphs):
        yield f"{name}: {was.get(name, 'none')}, then {value}."


def portfolio(here: Here) -> None:
    """t: the book in figures."""
    from triage.commands.portfolio_words import lines

    report = here.attempt(here.desk.portfolio)
    if report is not None:
        here.say(*(" ".join(line.split()) for line in lines(report, here.glyphs) if line.strip()))


def interview(here: Here, detail: Detail) -> None:
    """i: the decision tree; y, n, x answer, Enter takes what the signals say, back takes the last answer back."""
    said: dict[str, Answer | None] = {}
    while True:
        view = here.attempt(lambda: here.desk.interview(detail.row.id, said))
        if view is None:
            return
        if view.question is None:
            _outcome(here, view)
            return
        _ask(here, view, said)


def _ask(here: Here, view: InterviewView, said: dict[str, Answer | None]) -> None:
    question = next(one for one in view.tree.questions if one.id == view.question)
    found = view.found.get(question.id)
    signals = f"The signals say {found.answer}: {found.why}" if found else "The signals say nothing."
    here.say(f"{question.id}. {question.text}", str(question.hint), signals)
    answer = here.talk.ask("y, n, x for unknown, Enter takes the signals', back:").casefold()
    if answer == "back":
        if said:
            said.popitem()
    elif answer in ("q", "quit"):
        raise Left
    elif answer in _ANSWERS or answer == "":
        said[question.id] = _ANSWERS.get(answer)
    else:
        here.say("y, n or x.")


def _outcome(here: Here, view: InterviewView) -> None:
    leaf = next((one for one in view.tree.leaves if one.name == view.reading.leaf), None)
    here.say(f"Outcome: {leaf.title if leaf else view.reading.leaf}.", *view.flags, *view.tasks)
    if view.recorded is not None:
        here.say(f"Last recorded: {view.recorded.leaf} by {view.recorded.name}, {utc(view.recorded.at)}.")
    if view.problem:
        here.say(view.problem)
        return
    if here.sure("It is recorded in the account's trail."):
        reason = here.talk.ask("Reason, may stay empty:")
        if here.attempt(lambda: here.desk.record_assessment(view, reason)) is not None:
            here.say("Recorded. It leaves at once.")
    else:
        here.say("Left. Nothing was recorded.")
