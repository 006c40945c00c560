"""The lines of the interview: answered, asked, next; what is still possible; at the end the outcome (look.md §11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from data.health_tree import UNDETERMINED, Answer, Question
from data.interview_view import InterviewView, Possible
from widgets import numbers
from widgets.health_words import Said, leaf_word, step
from widgets.line import Line, Piece, cells, wrap
from widgets.look import Look

Lines = list[tuple[Line, Line]]
KEYS = {Answer.YES: "y", Answer.NO: "n", Answer.UNKNOWN: "x"}
GUTTER = 3
ANSWER = 9  # cells of the answers' column
LEAF = 22
WIDEST = 96  # cells of running text: longer lines are hard to read


class Shown(NamedTuple):
    """What the page shows: the interview, when a person said what, what has become of the record, and the clock."""

    view: InterviewView
    said_at: Mapping[str, datetime]
    recorded_at: datetime | None
    now: datetime


class Room(NamedTuple):
    """How generous the lines are: lines of hint (0: all), of questions to come, choices on one line."""

    hint: int
    next: int
    compact: bool


# from the most generous to what fits 80×24
ROOMS = (
    Room(0, 9, False),
    Room(0, 1, True),
    Room(4, 1, True),
    Room(2, 1, True),
    Room(2, 0, True),
)


class Columns(NamedTuple):
    """Cells of the questions' names, of their texts, and of everything after the names."""

    name: int
    text: int
    rest: int

    @property
    def indent(self) -> str:
        """Blanks up to the texts."""
        return " " * (GUTTER + self.name + 2)


def page_lines(shown: Shown, width: int, height: int, room: Room, look: Look) -> Lines:
    """Return all lines of the page; the rows that are left of its height part its sections, the upper ones first."""
    columns = _columns(shown.view, width)
    asked = shown.view.question is not None
    made = question_sections if asked else outcome_sections
    sections = [part for part in (_before(shown, columns), *made(shown, columns, room, look)) if part]
    if asked:
        rule: Piece = (look.glyphs.rule * (width - 2), "line")
        sections += [[([rule], [])], possible_lines(shown.view, look)]
    spare = height - sum(map(len, sections))
    parted = [*range(1, len(sections)), 0][: max(0, spare)]  # the blank line at the top goes first
    return [line for at, part in enumerate(sections) for line in ([((), ())] if at in parted else []) + part]


def question_sections(shown: Shown, columns: Columns, room: Room, look: Look) -> list[Lines]:
    """Return what is answered, the question with its hint, what the signals say, the choices, what comes next."""
    view = shown.view
    questions = {one.id: one for one in view.tree.questions}
    asked = questions[view.question or ""]
    hint = wrap(asked.hint, min(columns.rest, WIDEST), room.hint)
    return [
        _answered(shown, columns, look),
        _asked(asked, columns, look) + [([(columns.indent, "text"), (line, "muted")], []) for line in hint],
        _signals(view, columns),
        _choices(view, columns, room),
        _next(view, questions, columns, room, look),
    ]


def outcome_sections(shown: Shown, columns: Columns, room: Room, look: Look) -> list[Lines]:
    """Return what was answered, the outcome, its flags, what it asks to be done, and whether it is recorded."""
    view = shown.view
    return [
        _answered(shown, columns, look),
        _outcome(view, columns, room, look),
        [line for one in view.flags for line in _wrapped(one, columns, (look.glyphs.needs, "cap bold"))],
        _tasks(view, columns, room),
        _record(shown, columns, look),
    ]


def possible_lines(view: InterviewView, look: Look) -> Lines:
    """Return the outcomes that are left with the answers they hang on; the one that the signals have, at the right."""
    lines: Lines = [([("Still possible", "strong bold")], [])]
    for one in view.possible:
        said = step(one.rung, leaf_word(one.leaf), look.glyphs)
        here: Line = [("as the signals have it", "text")] if one.leaf == view.reading.leaf else []
        pieces: list[Piece] = [("  ", "text"), (numbers.fit(f"{said.mark:1} {said.word}", LEAF, look.glyphs), said.ink)]
        lines.append(([*pieces, (needs_words(one), "muted")], here))
    return lines


def needs_words(one: Possible) -> str:
    """Return on which answers an outcome hangs: `if Q4 yes and Q5 yes`, `only if Q5 yes, 5 ways`."""
    needs = " and ".join(f"{question} {answer}" for question, answer in one.needs)
    if one.ways > 1:
        words = f"only if {needs}, {one.ways} ways" if needs else f"{one.ways} ways"
    else:
        words = f"if {needs}" if needs else "whatever else is said"
    return (
        f"{words}; then despite {', '.join(f'{question} {answer}' for question, answer in one.despite)}"
        if one.despite
        else words
    )


def _columns(view: InterviewView, width: int) -> Columns:
    name = min(12, max(len(one.id) for one in view.tree.questions))
    rest = width - GUTTER - name - 4
    return Columns(name, max(12, min(WIDEST, (rest - ANSWER) // 2)), rest)


def _before(shown: Shown, columns: Columns) -> Lines:
    """The last record, and why to assess again (D15)."""
    last = shown.view.recorded
    words = "Never recorded."
    if last is not None:
        waits = ", waits to be sent" if last.waits else ""
        words = f"Last recorded: {leaf_word(last.leaf)}, {last.name}, {numbers.moment(last.at, shown.now)}{waits}."
    again = " ".join(shown.view.triggers)
    return [([(line, "muted")], []) for line in wrap(f"{words} {again}".rstrip(), columns.rest + columns.name, 2)]


def _answered(shown: Shown, columns: Columns, look: Look) -> Lines:
    view = shown.view
    texts = {one.id: one.text for one in view.tree.questions}
    lines: Lines = []
    for name in view.answered:
        at = shown.said_at.get(name)
        source = _source(view, name) if at is None else f"you, {numbers.clock(at)}"
        lines.append((_row(name, texts[name], (str(view.given[name]), "text"), source, columns, look), []))
    return lines


def _row(name: str, text: str, answer: Piece, source: str, columns: Columns, look: Look) -> Line:
    room = columns.rest - columns.text - 2 - ANSWER
    return [
        (" " * GUTTER, "text"),
        (numbers.fit(name, columns.name + 2, look.glyphs), "muted"),
        (numbers.fit(text, columns.text, look.glyphs), "muted"),
        ("  ", "text"),
        (f"{answer[0]:<{ANSWER}}", answer[1]),
        (numbers.fit(source, max(0, room), look.glyphs).rstrip(), "muted"),
    ]


def _source(view: InterviewView, name: str) -> str:
    """Where an answer that nobody gave comes from; one in the words of another question stands for both."""
    found = view.found[name]
    if found.answer is not view.given.get(name, found.answer):
        return "you, in the same words"
    return {"signals": "signals: ", "proxy": "proxies: "}.get(found.source, "") + found.why


def _asked(asked: Question, columns: Columns, look: Look) -> Lines:
    lines: Lines = []
    for at, part in enumerate(wrap(asked.text, min(columns.rest, WIDEST))):
        first: list[Piece] = [(look.glyphs.cursor, "accent"), (" " * (GUTTER - 1), "text")]
        first += [(numbers.fit(asked.id, columns.name + 2, look.glyphs), "key")]
        lines.append(([*(first if at == 0 else [(columns.indent, "text")]), (part, "strong bold")], []))
    return lines


def _signals(view: InterviewView, columns: Columns) -> Lines:
    """What the signals, or proxies for them, say to the question that is asked, and why."""
    found = view.found[view.question or ""]
    known = found.answer is not Answer.UNKNOWN
    lead = {"signals": "Signals say ", "proxy": "Proxies say "}.get(found.source, "") if known else "Signals do not say"
    word = str(found.answer) if known else ""
    lines: Lines = []
    for at, part in enumerate(wrap(f"{lead}{word}: {found.why}", min(columns.rest, WIDEST), 3)):
        indent: Piece = (columns.indent, "text")
        if at == 0 and known:
            lines.append(([indent, (lead, "muted"), (word, "strong bold"), (part[len(lead + word) :], "muted")], []))
        else:
            lines.append(([indent, (part, "muted")], []))
    return lines


def _choices(view: InterviewView, columns: Columns, room: Room) -> Lines:
    """The three answers; the signals' one first, as the chip."""
    first = view.found[view.question or ""].answer
    lines: list[list[Piece]] = []
    for answer in (first, *(one for one in (Answer.YES, Answer.NO, Answer.UNKNOWN) if one is not first)):
        word = str(answer).capitalize()
        chip = answer is first
        key: Piece = (f" {KEYS[answer]} ", "text", "chip") if chip else (f" {KEYS[answer]} ", "key")
        line: list[Piece] = [key, (f" {word}", "strong bold" if chip else "text")]
        notes = ["enter takes it"] if chip else []
        notes += ["what may follow of both is kept open"] if answer is Answer.UNKNOWN and not room.compact else []
        lines.append([*line, *((f"   {note}", "muted") for note in notes)])
    if room.compact:
        joined = [piece for line in lines for piece in [*line, ("   ", "text")]]
        return [([(columns.indent, "text"), *joined], [])]
    return [([(columns.indent, "text"), *line], []) for line in lines]


def _next(view: InterviewView, questions: Mapping[str, Question], columns: Columns, room: Room, look: Look) -> Lines:
    """The questions to come where the signals are right, with the answers they are prefilled with."""
    lines: Lines = []
    for name in view.next[: room.next]:
        answer: Piece = (f"{view.given.get(name, view.found[name].answer)}?", "muted")
        lines.append((_row(name, questions[name].text, answer, f"next; {_source(view, name)}", columns, look), []))
    return lines


def _outcome(view: InterviewView, columns: Columns, room: Room, look: Look) -> Lines:
    reading = view.reading
    texts = {one.id: one.text for one in view.tree.questions}
    gutter: list[Piece] = [(look.glyphs.cursor, "accent"), (" " * (GUTTER - 1), "text")]
    if reading.leaf == UNDETERMINED:
        words = f"Undetermined: {leaf_word(reading.best)} to {leaf_word(reading.worst).lower()}"
        lines: Lines = [([*gutter, (words, "strong bold")], [])]
        useful = reading.next_question
        sentence = "No action follows by itself."
        if useful is not None:
            sentence += f" Most useful to know: {useful}, {texts[useful]}"
        return lines + _wrapped(sentence, columns)
    said: Said = step(view.rung, leaf_word(reading.leaf), look.glyphs)
    leaf = next(one for one in view.tree.leaves if one.name == reading.leaf)
    line = [*gutter, (said.text, f"{said.ink.split()[0]} bold"), (f"   {leaf.title}, {leaf.code}", "muted")]
    skipped = f"Not asked: {', '.join(reading.skipped)}" if reading.skipped else ""
    beside = room.compact and cells(line) + len(skipped) < columns.rest + columns.name
    lines = [(line, [(skipped, "muted")] if beside else [])]
    if reading.despite:
        answers = {one.question: one.answer for one in reading.answers}
        despite = ", ".join(f"{name} {answers[name]}" for name in reading.despite)
        lines += _wrapped(f"{reading.leaf} despite: {despite}. Not all the tree says of it need be true here.", columns)
    return lines if beside or not skipped else lines + _wrapped(skipped, columns)


def _tasks(view: InterviewView, columns: Columns, room: Room) -> Lines:
    if not view.tasks:
        return []
    lead, ink = "To do", "strong bold"
    if room.compact:
        first, *rest = view.tasks
        lines = _wrapped(first, columns, (f"{lead}: ", ink), "text")
    else:
        rest, lines = list(view.tasks), [([(" " * GUTTER, "text"), (lead, ink)], [])]
    return lines + [line for one in rest for line in _wrapped(one, columns, ink="text")]


def _record(shown: Shown, columns: Columns, look: Look) -> Lines:
    """Whether it is recorded, and how it would be: never by itself."""
    gutter: Piece = (" " * GUTTER, "text")
    if shown.recorded_at is not None:
        words = f"{look.glyphs.done} Recorded at {numbers.clock(shown.recorded_at)}. It leaves by itself."
        return [([gutter, (words, "muted")], [])]
    if shown.view.problem:
        return _wrapped(f"Cannot be recorded: {shown.view.problem}", columns)
    chip: Piece = (f" {look.key('do.record', 'ctrl+s')} ", "text", "chip")
    return [([gutter, chip, (" Record this outcome", "strong bold"), ("   not recorded yet", "muted")], [])]


def _wrapped(sentence: str, columns: Columns, mark: Piece = ("", "text"), ink: str = "muted") -> Lines:
    """A sentence below the gutter, its first line behind the mark, the others below its words."""
    beside = mark[0] if len(mark[0]) != 1 else f"{mark[0]} "
    parts: Sequence[str] = wrap(sentence, min(columns.rest + columns.name + 2, WIDEST) - len(beside))
    gutter: Piece = (" " * GUTTER, "text")
    return [
        ([gutter, (beside if at == 0 else " " * len(beside), mark[1]), (part, ink)], [])
        for at, part in enumerate(parts)
    ]
