"""What a person has to know before a message leaves: its gaps, why it would not leave by itself, what went before."""

from datetime import datetime

from textual.strip import Strip

from data.ports_outreach import OutreachForm, OutreachState
from widgets.block import Block
from widgets.line import Line, Painted, Piece, strip, wrap
from widgets.look import Look
from widgets.outreach_words import ON_THE_WAY, message_lines

LABEL = 11
BY_ITSELF = "Nothing speaks against it: triage monitor --send would send it."
SHOWN = 3


class OutreachFacts(Block):
    """Lines under headings at the left; each says its rule at the right where there is room."""

    GROUND = Painted.GROUND

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._form: OutreachForm | None = None
        self._now: datetime | None = None
        self._most = 0

    def show(self, form: OutreachForm, now: datetime, most: int) -> None:
        """Show what is known about a draft, in at most `most` lines."""
        self._form, self._now, self._most = form, now, most
        self.renew()

    def lines(self, width: int, look: Look) -> list[Strip]:
        """Return gaps, what is on its way, why not by itself, earlier messages."""
        form, now = self._form, self._now
        if form is None or now is None:
            return []
        found: list[tuple[Line, Line]] = []
        if form.gaps:
            words = f"Nobody knows: {', '.join(form.gaps)}. Write it into the text, or take it out."
            found += _labelled("Gap", words, "strong bold", width, "M17", look.glyphs.needs)
        if any(one.state in ON_THE_WAY for one in form.earlier):
            words = "A message to this account has not left yet. This would be another one."
            found += _labelled("On its way", words, "strong bold", width, "M17b", look.glyphs.needs)
        said = f"no: {form.problem[:1].lower()}{form.problem[1:]}" if form.problem else BY_ITSELF
        found += _labelled("By itself", said, "text", width, "M15 M22")
        earlier = [one for one in form.earlier if one.state is not OutreachState.DRAFT]
        if not earlier:
            found.append(([(f"{'Earlier':<{LABEL}}", "muted"), ("nothing from here", "muted")], ()))
        for number, (left, right) in enumerate(message_lines(earlier[:SHOWN], now, width - LABEL, look)):
            head: Piece = (f"{'Earlier' if number == 0 else '':<{LABEL}}", "muted")
            found.append(([head, *left], right))
        return [strip(left, width, look, self.GROUND, right) for left, right in found][: self._most]


def _labelled(label: str, words: str, ink: str, width: int, rule: str, mark: str = "") -> list[tuple[Line, Line]]:
    made: list[tuple[Line, Line]] = []
    for number, line in enumerate(wrap(words, max(10, width - LABEL - len(rule) - 2), 3)):
        head = f"{mark} {label}" if mark and number == 0 else label if number == 0 else ""
        left: list[Piece] = [(f"{head:<{LABEL}}", "strong bold" if mark else "muted"), (line, ink)]
        made.append((left, [(rule, "muted")] if number == 0 else ()))
    return made
