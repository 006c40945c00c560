"""Drawing of messages in the outbox: the one line, and what opens below it; the columns are those of the changes."""

from collections.abc import Sequence
from datetime import datetime

from textual.strip import Strip

from data.ports_outreach import Message, OutreachState
from widgets.line import Piece, strip, wrap
from widgets.look import Look
from widgets.numbers import fit, moment, padded, utc
from widgets.outbox_row import Choice, Shape, choice_line
from widgets.outreach_words import NEEDS_YOU, happened_at, state_mark, state_sentence, state_word, what

CHOICES = {
    OutreachState.UNCLEAR: (Choice("l", "Say what became of it", "did it go out? it is never sent again"),),
    OutreachState.FAILED: (
        Choice("e", "Write it again", "the same words in a new draft"),
        Choice("d", "Leave it", "nothing is sent, the row goes away"),
    ),
    OutreachState.INTENT: (Choice("u", "Take back", "nothing is sent"),),
}


def choices_of(message: Message) -> tuple[Choice, ...]:
    """Return what can be done with a message, the right thing first."""
    return CHOICES.get(message.state, ())


def row_strip(message: Message, name: str, width: int, look: Look, here: bool, now: datetime) -> Strip:
    """Return the one line of a message: mark, state, account, what, what is, when."""
    shape, glyphs = Shape.of(width), look.glyphs
    mark, ink = state_mark(message.state, look)[:2]
    loud = "strong bold" if message.state in NEEDS_YOU else "text"
    pieces: list[Piece] = [(glyphs.cursor if here else " ", "accent"), (" " * (shape.mark - 1), "text")]
    pieces += [(f"{mark} ", ink), (fit(state_word(message), 10 if shape.sentence else 9, glyphs), loud)]
    pieces.append(("  " if shape.sentence else " ", "text"))
    shown = padded(name, shape.account - 1, glyphs) if name else fit(message.account_name, shape.account - 1, glyphs)
    pieces += [(f"{shown} ", loud), (fit(what(message), shape.what - 1, glyphs) + " ", "text")]
    if shape.sentence:
        said = state_sentence(message).removesuffix(".")
        pieces.append((fit(said, max(0, shape.sentence - 7), glyphs).rstrip(), "muted"))
    at = moment(happened_at(message), now)
    return strip(pieces, width, look, "cursor" if here else "bg", [(at, "muted"), (" ", "text")])


def details(message: Message, width: int, look: Look) -> list[Strip]:
    """Return the lines that open below a message; a blank one closes them."""
    shape = Shape.of(width)
    facts = [
        ("To", str(message.contact) or "colleagues"),
        ("Subject", str(message.subject)),
        ("Written", utc(message.written_at)),
        *([("Left", utc(message.left_at))] if message.left_at else []),
        ("What is", str(state_sentence(message))),
    ]
    made = [strip([], width, look)] if shape.sentence else []
    room = max(10, width - shape.detail - shape.value - 1)
    for label, words in facts:
        for number, part in enumerate(wrap(words, room, 4)):
            head = fit(label if number == 0 else "", shape.value, look.glyphs)
            made.append(strip([(" " * shape.detail, "text"), (head, "muted"), (part, "text")], width, look))
    return [*made, *_ways(choices_of(message), shape, width, look), strip([], width, look)]


def _ways(choices: Sequence[Choice], shape: Shape, width: int, look: Look) -> list[Strip]:
    wide = max((len(choice.label) for choice in choices), default=0) + 3
    blank = [strip([], width, look)] if choices else []
    lines = [choice_line(choice, number == 0, wide, shape.detail, look) for number, choice in enumerate(choices)]
    return [*blank, *(strip(line, width, look) for line in lines)]
