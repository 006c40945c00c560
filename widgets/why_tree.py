"""Why, part D: the path through the decision tree, its answers with their sources, the outcome, what was skipped."""

from collections.abc import Mapping
from datetime import datetime

from data.health_tree import UNDETERMINED, Answer, Answered, Question
from data.health_view import HealthView
from widgets import health_words as words
from widgets import numbers
from widgets.account_facts import strong_heading
from widgets.column_page import Lines
from widgets.line import Piece, wrap
from widgets.look import Look
from widgets.why_words import ANSWER, inputs_of, note

ID = 4
SOURCES = {"signals": "signals", "proxy": "by proxy", "person": "a person", "none": "nothing known"}
ANSWERS = {Answer.YES: "yes", Answer.NO: "no", Answer.UNKNOWN: "?"}


def tree_part(view: HealthView, now: datetime, width: int, look: Look) -> Lines:
    """Return each question asked with answer and source, the leaf, despite, flags, tasks, and the path in one line."""
    tree, glyphs = view.tree, look.glyphs
    version = tree.tree_version if tree.tree_version.startswith("v") else f"v{tree.tree_version}"
    lines: Lines = [strong_heading(f"Decision tree, {version}", "D2 D10 D17")]
    answers = {one.question: one for one in tree.answers}
    asked = {one.id: one for one in view.questions.questions}
    for name in tree.path:
        if name in answers and name in asked:
            lines += _question(asked[name], answers[name], width, look)
    said = words.of_leaf(tree.leaf, tree.best, tree.worst, glyphs)
    lines.append(([(f"{glyphs.becomes:<{ID}}", "muted"), (said.text, said.ink)], [(tree.code or "D14", "muted")]))
    lines += _open(view, asked, width)
    if tree.despite:
        against = ", ".join(f"{name} {ANSWERS[answers[name].answer]}" for name in tree.despite if name in answers)
        lines += _indented(f"{words.leaf_word(tree.leaf)} despite: {against}", width, "strong bold")
    lines += _skipped(tree.skipped, answers, width)
    lines += _told(inputs_of(view.verdicts, "D11"), width, "text")
    tasks = inputs_of(view.verdicts, "D16").get("tasks")
    lines += _told(tasks, width, "muted") if isinstance(tasks, Mapping) else []
    walked = [f"{name} {ANSWERS[answers[name].answer]}" for name in tree.path if name in answers]
    end = tree.leaf if tree.leaf != UNDETERMINED else f"{tree.best} to {tree.worst}"
    lines += _indented(f" {glyphs.becomes} ".join([*walked, end]), width, "muted")
    return [*lines, *_assessed(view, now, width)]


def _question(question: Question, said: Answered, width: int, look: Look) -> Lines:
    lead: list[Piece] = [(f"{question.id:<{ID}}"[:ID], "muted")]
    source = SOURCES.get(said.source, said.source)
    known = said.answer is not Answer.UNKNOWN
    room = width - ID - ANSWER
    first = [*lead, (numbers.fit(question.text, width - ID, look.glyphs).rstrip(), "text")]
    lines: Lines = [(first, ())]
    for number, part in enumerate(wrap(f"{said.why} ({source})", room)):
        word: Piece = (f"{ANSWERS[said.answer]:<{ANSWER}}", "strong bold" if known else "muted")
        ahead: list[Piece] = [(" " * ID, "text"), word] if not number else [(" " * (ID + ANSWER), "text")]
        lines.append(([*ahead, (part, "muted")], ()))
    return lines


def _open(view: HealthView, asked: Mapping[str, Question], width: int) -> Lines:
    """Return which answer would tell most, where unknown ones leave the outcome open (D14)."""
    most = view.tree.next_question
    if most is None:
        return []
    question = f": {asked[most].text}" if most in asked else ""
    return _indented(f"Undetermined. {most} would tell most{question}", width, "strong bold")


def _skipped(skipped: tuple[str, ...], answers: Mapping[str, Answered], width: int) -> Lines:
    if not skipped:
        return []
    named = ", ".join(f"{name} {ANSWERS[answers[name].answer]}" if name in answers else name for name in skipped)
    return _indented(f"Not asked: {named}", width, "muted")


def _told(sentences: Mapping[str, object], width: int, ink: str) -> Lines:
    told = [str(each) for name, each in sentences.items() if name != "policy"]
    return [line for sentence in told for line in _indented(sentence, width, ink)]


def _indented(sentence: str, width: int, ink: str) -> Lines:
    return [([(" " * ID + part, ink)], ()) for part in wrap(sentence, width - ID)]


def _assessed(view: HealthView, now: datetime, width: int) -> Lines:
    last = view.assessed
    if last is None:
        return []
    leaf = last.after.get("leaf") if last.after else None
    outcome = f": {words.leaf_word(leaf)}" if isinstance(leaf, str) else ""
    return note(f"Last interview {numbers.day(last.applied_at, now)}, {last.actor.name}{outcome}", width)
