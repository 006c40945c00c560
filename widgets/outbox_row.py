"""Drawing of outbox rows: one line a change, and the lines that open below it (look.md §8 and §11)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from textual.strip import Strip

from data.ports import ConflictView
from data.remedy import Change, State
from data.safe_text import SafeText, cell_width
from widgets.before_after import fact_pieces, label_cells, now_cells
from widgets.change_words import describe_change, quoted, seconds_left, state_sentence, state_word
from widgets.facts import About, facts_of, label_of, value_of
from widgets.glyphs import Glyphs
from widgets.line import Line, Piece, strip, wrap
from widgets.look import Look
from widgets.numbers import fit, moment, padded, utc
from widgets.outbox_story import refusal, story

WIDE = 110
SIGN_IN = "s"


class Choice(NamedTuple):
    """What can be done with the open change: key, label, what it does."""

    key: str
    label: str
    remark: str

    def key_now(self, look: Look) -> str:
        """Return its key as it is now."""
        return look.key(_IDS.get(self.key, ""), self.key)


_IDS = {
    "e": "do.write_again",
    "d": "do.discard",
    "l": "do.look_up",
    "r": "do.push",
    "u": "do.take_back",
    "s": "do.sign_in",
}


class Shape(NamedTuple):
    """The columns of a width: where the mark, the details and their values start; widths of the cells between."""

    mark: int
    account: int
    what: int
    sentence: int
    detail: int
    value: int
    column: int

    @classmethod
    def of(cls, width: int) -> "Shape":
        """Return the shape: with the sentence column from 110 columns, without it below."""
        if width >= WIDE:
            return cls(mark=3, account=20, what=40, sentence=width - 84, detail=5, value=18, column=28)
        spare = max(0, min(12, width - 80))
        return cls(
            mark=1, account=19 + spare, what=max(10, width - 40 - spare), sentence=0, detail=3, value=15, column=20
        )


def account_cells(width: int) -> int:
    """Return the cells that a line of `width` has for the account's name."""
    return Shape.of(width).account - 1


def row_strip(
    change: Change, workspace: str | None, width: int, look: Look, here: bool, now: datetime, account: str = ""
) -> Strip:
    """Return the one line of a change: mark, state, account (as the row noted it unless given), what, what is, when."""
    shape, glyphs = Shape.of(width), look.glyphs
    ground = "cursor" if here else "bg"
    mark, ink = _mark(change, look)
    loud = "strong bold" if change.needs_you else "text"
    pieces: list[Piece] = [(glyphs.cursor if here else " ", "accent"), (" " * (shape.mark - 1), "text")]
    word = _held_word(change, now) or state_word(change)
    state_ink = "strong bold" if change.needs_you else ink if change.state is State.HELD else "text"
    pieces += [(f"{mark} ", ink), (fit(word, 10 if shape.sentence else 9, glyphs), state_ink)]
    if shape.sentence:
        pieces.append(("  ", "text"))
    else:
        pieces.append((" ", "text"))
    name = (
        padded(account, shape.account - 1, glyphs) if account else fit(change.account_name, shape.account - 1, glyphs)
    )
    pieces.append((f"{name} ", loud))
    what = describe_change(change, workspace, glyphs.becomes)
    pieces.append((fit(what, shape.what - 1, glyphs) + " ", "text"))
    if shape.sentence:
        pieces += _beside(change, shape.sentence, look, now)
    at = change.finished_at or change.authored_at
    return strip(pieces, width, look, ground, [(moment(at, now), "muted"), (" ", "text")])


def details(
    change: Change,
    width: int,
    look: Look,
    now: datetime,
    conflict: ConflictView | None,
    currency: str | None,
    choices: Sequence[Choice],
    first_sent: datetime | None = None,
    before: Change | None = None,
) -> list[Strip]:
    """Return the lines that open below a change; a blank one closes them. The last two are `story`'s."""
    shape, about = Shape.of(width), About(currency, now, look.glyphs)
    signed_out = bool(choices) and choices[0].key == SIGN_IN
    blank = strip([], width, look)
    made: list[Strip] = [blank] if shape.sentence else []
    if conflict is not None:
        made += _conflict(conflict, width, look, about, blank)
    else:
        made += _plain(change, width, look, about, story(change, now, first_sent, before, signed_out), signed_out)
    if change.reason:
        label = "Your reason" if change.is_remedy else "Reason"
        made += _labelled(label, str(quoted(change.reason)), "text", width, look)
    made += _proof(change, width, look)
    if choices:
        made.append(blank)
        wide = max(len(choice.label) for choice in choices) + 3
        for number, choice in enumerate(choices):
            made.append(strip(choice_line(choice, number == 0, wide, shape.detail, look), width, look))
    return [*made, blank]


def _mark(change: Change, look: Look) -> tuple[str, str]:
    glyphs = look.glyphs
    if change.needs_you:
        return glyphs.needs, "strong bold"
    if change.state in (State.HELD, State.QUEUED):
        return glyphs.held, "accent"
    if change.state is State.SENDING:
        return glyphs.sending, "muted"
    return (glyphs.done, "muted") if change.state is State.APPLIED else (" ", "muted")


def _held_word(change: Change, now: datetime) -> str:
    if change.state is not State.HELD or change.hold_until is None:
        return ""
    left = seconds_left(change, now)
    unit = " s" if left < 100 else "s"  # the longest hold is 600 s, the column has 9 cells
    return f"held {left}{unit}" if left > 0 else "waiting"


def _beside(change: Change, cells: int, look: Look, now: datetime) -> list[Piece]:
    if change.state is State.HELD:
        over = "" if seconds_left(change, now) else "waits for the connection   "
        return [(over, "muted"), (look.key("do.take_back", "u"), "key"), (" takes it back", "muted")]
    said = refusal(change) if change.state is State.REJECTED else state_sentence(change)
    sentence = said.removesuffix(".")
    if change.state is State.APPLIED and change.reason:
        sentence = f"{sentence:<11}   {quoted(change.reason)}"
    return [(fit(sentence, max(0, cells - 7), look.glyphs).rstrip(), "muted")]


def _conflict(view: ConflictView, width: int, look: Look, about: About, blank: Strip) -> list[Strip]:
    shape, glyphs = Shape.of(width), look.glyphs
    seen = moment(view.saw_at, about.now)
    is_now = f"It is now, {moment(view.now_at, about.now)}" if view.now_at else "It is now"
    pad = " " * shape.detail
    column = shape.column
    head = fit(f"You saw, {seen}", column) + fit(is_now, column + (0 if shape.sentence else 1)) + "Yours would make it"
    made = [strip([(pad + " " * shape.value + head, "muted")], width, look)]
    still: list[str] = []
    for name, saw, now, yours, moved in view.fields:
        if not moved and saw == yours:
            still.append(_still(view, name, now, about))
            continue
        cells = [fit(value_of(name, value, about), column - 1, glyphs) + " " for value in (saw, now, yours)]
        pieces: list[Piece] = [(pad, "text"), (_label(view, name, shape.value - 1, glyphs) + " ", "muted")]
        pieces += [(cells[0], "text"), (cells[1] + ("" if shape.sentence else " "), "strong bold" if moved else "text")]
        made.append(strip([*pieces, (cells[2].rstrip(), "text")], width, look))
    if still:
        made += _labelled("Not moved", ", ".join(still), "muted", width, look)
    if shape.sentence:
        made.append(blank)
    for who, why in _movers(view.change, about):
        made += _moved_by(who, why, width, look)
    return made


def _label(view: ConflictView, field: str, room: int, glyphs: Glyphs) -> str:
    """Return a field's label in `room` cells; of one of several workspaces its name first, alone for its hours."""
    list_name, _, rest = field.partition(".")
    workspace, _, name = rest.rpartition(".")
    if list_name != "workspaces" or not name:
        return fit(label_of(field), room, glyphs)
    word = "" if name == "hours_included" else f" {label_of(name).lower()}"
    holder = view.workspaces.get(workspace, workspace)
    return fit(fit(holder, min(cell_width(holder), max(3, room - cell_width(word))), glyphs) + word, room, glyphs)


def _still(view: ConflictView, name: str, value: object, about: About) -> str:
    """Return a field that did not move, as people say it: `11 seats`, `no discount`, `renewal 12 Feb`."""
    if name == "seats":
        return f"{value} seats"
    if name == "discount" and value is None:
        return "no discount"
    if name.startswith("workspaces."):
        return f"{_label(view, name, 40, about.glyphs).rstrip()} {value_of(name, value, about)}"
    return f"{label_of(name).lower()} {value_of(name, value, about)}"


def _movers(change: Change, about: About) -> list[tuple[str, SafeText]]:
    """Return who moved something, once each: name and time, and why."""
    found: dict[tuple[str, str], SafeText] = {}
    for moved in change.conflict or ():
        at = f", {moment(moved.at, about.now)}" if moved.at else ""
        found.setdefault((f"{moved.name or 'somebody'}{at}", str(moved.reason or "")), quoted(moved.reason))
    return [(who, why) for (who, _), why in found.items()]


def _moved_by(who: str, why: str, width: int, look: Look) -> list[Strip]:
    shape = Shape.of(width)
    room = width - shape.detail - shape.value - 1
    if cell_width(who) + 3 + cell_width(why) <= room and shape.sentence:
        head = fit("Moved by", shape.value, look.glyphs)
        return [strip([(" " * shape.detail, "text"), (head, "muted"), (f"{who}   {why}", "text")], width, look)]
    return _labelled("Moved by", who, "text", width, look) + (_labelled("", why, "text", width, look) if why else [])


def _plain(
    change: Change, width: int, look: Look, about: About, told: Sequence[tuple[str, str]], signed_out: bool
) -> list[Strip]:
    shape = Shape.of(width)
    next_try = change.next_try_at if change.state is State.QUEUED and not change.unknown and not signed_out else None
    made: list[Strip] = []
    for heading, text in told:
        made += _labelled(heading, text, "text", width, look)
    if not told and (change.state is State.DISCARDED or not shape.sentence):
        made += _labelled("What is", _sentence(change, about.now), "text", width, look)
    if next_try is not None and next_try > about.now:
        seconds = int((next_try - about.now).total_seconds()) + 1
        made += _labelled("Next try", f"in {seconds} s", "text", width, look)
    facts = [fact for fact in facts_of(change.before, change.after_values, about) if fact.after is not None]
    for fact in facts:
        label = max(shape.value, label_cells(facts) if label_cells(facts) > 16 else 0)
        made.append(strip(fact_pieces(fact, width, look, shape.detail, now_cells(facts), label), width, look))
    note = change.params.get("note") or change.params.get("text")
    if note:
        made += _labelled("Note", f"“{note}”", "text", width, look)
    return made


def _sentence(change: Change, now: datetime) -> str:
    if change.state is State.HELD:
        held = "Held here. It leaves by itself when the time is over."
        return held if seconds_left(change, now) else "Waits for the connection. It leaves by itself."
    return str(state_sentence(change))


def _proof(change: Change, width: int, look: Look) -> list[Strip]:
    if change.state is not State.APPLIED or change.receipt is None:
        return []
    at = f", {utc(change.finished_at)}" if change.finished_at else ""
    words = f"entry {change.receipt.audit_seq:,}{at}, hash {change.receipt.hash[:12]}"
    return _labelled("Audit", words, "muted", width, look)


def _labelled(label: str, text: str, ink: str, width: int, look: Look) -> list[Strip]:
    shape = Shape.of(width)
    room = max(10, width - shape.detail - shape.value - 1)
    made = []
    for number, line in enumerate(wrap(text, room, 6) or [""]):
        head = fit(label if number == 0 else "", shape.value, look.glyphs)
        made.append(strip([(" " * shape.detail, "text"), (head, "muted"), (line, ink)], width, look))
    return made


def choice_line(choice: Choice, first: bool, wide: int, indent: int, look: Look) -> Line:
    """Return a choice: the chip for the first, its label in `wide` cells, what it does."""
    letter = f" {choice.key_now(look)} "
    key: Piece = (letter, "text", "chip") if first else (letter, "key")
    label: Piece = (f" {choice.label:<{wide}}", "strong bold" if first else "text")
    return [(" " * indent, "text"), key, label, (choice.remark, "muted")]
