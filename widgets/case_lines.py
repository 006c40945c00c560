"""The lines of a case: what it is, its clocks, steps, playbook as a checklist, success and tasks; each one line."""

from collections.abc import Iterator
from datetime import datetime

from data.account import Value
from data.ports_cases import CaseView, PlaybookView, PlayStep, Stamp
from data.red_account import Clock, Criterion, Task
from widgets import numbers
from widgets.line import Line, Piece, cells
from widgets.look import Look
from widgets.sla_clock import left_words

LABEL = 22
STEPS = {
    "assessed": "Assessed",
    "root_cause": "Root cause",
    "planned": "Plan made",
    "reviewed": "Executive review",
    "intervened": "Intervention begun",
    "recovered": "Recovered",
}
CLOCK_OF = {"assessed": "assessment", "root_cause": "root_cause", "planned": "plan", "reviewed": "executive_review"}
MOVES = {
    "open_red": "It is Red and has no case.",
    "open_recovery": "Its health fell and it has no case.",
    "upgrade_to_red": "It has become Red: its recovery case becomes a Red one.",
    "reopen": "It is Red again: its case is opened again.",
    "recovered": "It has recovered.",
    "close": "It left Red: its case can be closed.",
    "lost": "It is lost: its case is closed as churned.",
}


class CaseLine(Value, frozen=True):
    """One line: `does` is what enter or space does to it (`step:planned`, `tick:adoption:2`, `owner`), or None."""

    left: tuple[Piece, ...]
    right: tuple[Piece, ...] = ()
    does: str | None = None
    heading: bool = False


def case_lines(view: CaseView, now: datetime, look: Look) -> Iterator[CaseLine]:
    """Return every line, headings between blank ones."""
    yield from _state(view, now, look)
    if view.case is not None:
        yield from _heading("Steps", "R11")
        clocks = {one.name: one for one in view.red.clocks}
        for stamp in view.stamps:
            yield _stamp(stamp, clocks.get(CLOCK_OF.get(stamp.step, "")), now, look)
    elif view.red.clocks:
        yield from _heading("Clocks", "R11")
        for clock in view.red.clocks:
            yield CaseLine((_label(clock.name.replace("_", " ").capitalize()), _left(clock, now, look)))
    yield from _playbook(view, now, look)
    tasks = [one for one in view.tasks if not one.done]
    if tasks:
        yield from _heading("Tasks", "R10 R12 D16")
        for task in sorted(tasks, key=lambda one: one.due_at):
            yield _task(task, now)
    if view.case is not None and (stands := [one for one in view.tasks if one.done]):
        names = ", ".join(one.key.rsplit(":", 1)[-1] for one in stands)
        yield CaseLine((_label("Recorded"), (names, "muted")))


def _heading(text: str, rule: str) -> Iterator[CaseLine]:
    yield CaseLine(())
    yield CaseLine(((text, "strong bold"),), ((rule, "muted"),), heading=True)


def _label(text: str) -> Piece:
    return (f"{text:<{LABEL}}", "muted")


def _state(view: CaseView, now: datetime, look: Look) -> Iterator[CaseLine]:
    case, red = view.case, view.red
    if red.is_red:
        causes = ", ".join(red.causes) or "no cause now, leaving"
        yield CaseLine(((f"{look.glyphs.red} Red", "strong bold"), (f"   {causes}", "text")), (("R3", "muted"),))
    if case is None:
        opening = any(one.kind == "open_case" for one in view.pending)
        what = f"{look.glyphs.held} Case opened here, waits for the server." if opening else "No case."
        yield CaseLine(((what, "accent" if opening else "text"),))
    else:
        opened = f"opened {numbers.moment(case.opened_at, now)}"
        ended = f", closed {numbers.moment(case.closed_at, now)}" if case.closed_at else ""
        outcome = f", {case.outcome}" if case.outcome else ""
        yield CaseLine((_label(f"{case.kind} case".capitalize()), (f"{opened}{ended}{outcome}", "text")))
        waits = [one.params["owner"] for one in view.pending if one.kind == "update_case" and one.params.get("owner")]
        owner = str(waits[-1]) if waits else case.owner or "nobody"
        mark: tuple[Piece, ...] = ((f" {look.glyphs.held}", "accent"),) if waits else ()
        yield CaseLine((_label("Owner"), (owner, "text"), *mark), (), None if case.closed_at else "owner")
    if view.red.delayed:
        words = f"{look.glyphs.needs} No intervention for 14 days: from now on it works 40 to 60 % less."
        yield CaseLine(((words, "cap bold"),), _r("R20"))
    if view.move is not None:
        yield CaseLine(((MOVES.get(view.move, view.move), "strong bold"),), _r("H13 R14"))
    if view.move is not None and view.held:
        yield CaseLine(((view.held, "muted"),))


def _r(rule: str) -> tuple[Piece, ...]:
    return ((rule, "muted"),)


def _stamp(stamp: Stamp, clock: Clock | None, now: datetime, look: Look) -> CaseLine:
    name = STEPS.get(stamp.step, stamp.step)
    if stamp.at is not None:
        who = f" by {stamp.by}" if stamp.by else ""
        late: tuple[Piece, ...] = (
            ((f"   {look.glyphs.needs} late", "cap bold"),) if clock is not None and clock.late else ()
        )
        done = (f"{look.glyphs.done} {numbers.moment(stamp.at, now)}{who}", "muted")
        return CaseLine((_label(name), done, *late))
    if stamp.pending:
        return CaseLine((_label(name), (f"{look.glyphs.held} waits for the server", "accent")))
    if clock is None:
        return CaseLine((_label(name), ("not yet", "muted")), (), f"step:{stamp.step}")
    due = (f"   by {numbers.moment(clock.due_at, now)}", "muted")
    return CaseLine((_label(name), _left(clock, now, look), due), (), f"step:{stamp.step}")


def _left(clock: Clock, now: datetime, look: Look) -> Piece:
    """What is left of a clock; one that ran out has the mark of what needs somebody."""
    words, ink = left_words(clock.due_at, now)
    return (f"{look.glyphs.needs} {words}" if clock.due_at < now else words, ink)


def _playbook(view: CaseView, now: datetime, look: Look) -> Iterator[CaseLine]:
    book = view.chosen or next((one for one in view.playbooks if one.suggested == 1), None)
    if book is None or (view.case is None and not view.red.is_red):
        return
    yield from _heading(f"Playbook: {book.name}", "R13")
    weeks = f"{book.weeks[0]}-{book.weeks[1]} weeks"
    told = f"{'chosen' if book.chosen else 'suggested first, not chosen yet'}, {weeks}"
    yield CaseLine((_label("Root cause"), (told, "text")), (), "cause" if view.case is not None else None)
    for step in book.steps:
        yield _step(step, book, view, now, look)
    if book.success:
        yield CaseLine((("It has worked when", "muted"),))
    for criterion in book.success:
        yield _criterion(criterion, look)
    if book.note:
        yield CaseLine(((book.note, "muted"),))


def _step(step: PlayStep, book: PlaybookView, view: CaseView, now: datetime, look: Look) -> CaseLine:
    mark = look.glyphs.done if step.done else " "
    right: tuple[Piece, ...] = ()
    if step.at is not None and step.by is not None:
        waits = f"{look.glyphs.held} " if step.pending else ""
        right = ((f"{waits}{step.by}, {numbers.moment(step.at, now)}", "muted"),)
    ink = "muted" if step.done else "text"
    does = f"tick:{book.root_cause}:{step.number}" if view.case is not None else None
    return CaseLine(((f"[{mark}] ", "text"), (step.text, ink)), right, does)


def _criterion(one: Criterion, look: Look) -> CaseLine:
    word = {
        True: f"{look.glyphs.done} met",
        False: f"{look.glyphs.needs} not met",
        None: f"{look.glyphs.unknown} unknown",
    }
    ink = {True: "muted", False: "strong bold", None: "muted"}[one.met]
    figure = "" if one.value is None else f"{one.value:.2f}".replace("-", look.glyphs.minus)
    right: tuple[Piece, ...] = ((figure, "muted"),) if figure else ()
    return CaseLine((("    ", "text"), (f"{word[one.met]:<11}", ink), (one.text, "text")), right)


def _task(task: Task, now: datetime) -> CaseLine:
    words = "since" if task.due_at < now else "by"
    right: tuple[Piece, ...] = ((f"{words} {numbers.moment(task.due_at, now)}", "muted"),)
    who = "CSM" if task.who == "csm" else task.who.capitalize()
    return CaseLine(((f"{who:<11}", "muted"), (task.what, "text")), right, _designates(task))


def _designates(task: Task) -> str | None:
    """A designation record that is missing can be written by a person too (R10)."""
    step = task.key.rsplit(":", 1)[-1]
    return f"step:{step}" if task.key.startswith("red:") and step in ("task", "manager", "sales", "executive") else None


def shown(line: CaseLine, cursor: bool, look: Look, width: int) -> Line:
    """Return the line with its gutter in at most `width` cells: a text that is too long ends in the mark of a cut."""
    pieces: list[Piece] = [(f"{look.glyphs.cursor if cursor else ' '} ", "accent")]
    for text, ink, *_ in line.left:
        room = max(0, width - cells(pieces))
        pieces.append((text if cells([(text, ink)]) <= room else numbers.fit(text, room, look.glyphs), ink))
    return pieces
