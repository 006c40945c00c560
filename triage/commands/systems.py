"""The text of `triage show` on the four health systems: what each says, then its verdicts with their inputs."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from data.assessment import Row, Verdict
from data.health_index import IndexReading
from triage.commands.words import value_words
from widgets import health_words as words
from widgets.glyphs import Glyphs

SYSTEMS = (
    ("A", "At risk"),
    ("M", "Usage monitor"),
    ("D", "Decision tree"),
    ("H", "Health index"),
    ("R", "Red account"),
)
MIDDLE = 50.0  # H17: the score that adds nothing


def system_lines(
    row: Row, verdicts: Sequence[Verdict], index: IndexReading, now: datetime, glyphs: Glyphs
) -> Iterator[str]:
    """One block a system: its name and what it says, the arithmetic of the score (H17), every verdict by rule."""
    for letter, name in SYSTEMS:
        said = _said(letter, row, now, glyphs)
        yield ""
        yield f"{name} ({letter})" + (f": {said}" if said else "")
        if letter == "H":
            yield from _sum(index)
        for one in verdicts:
            if one.rule.startswith(letter):
                inputs = ", ".join(f"{key} {value_words(value)}" for key, value in one.inputs.items())
                yield f"  {one.rule}  {one.verdict}" + (f"  ({inputs})" if inputs else "")


def _said(letter: str, row: Row, now: datetime, glyphs: Glyphs) -> str:
    """Mark, word and figures as the screens have them; nothing in a row that an older triage has written."""
    health, monitor, tree, red = row.health, row.monitor, row.tree, row.red
    if health is None or monitor is None or tree is None or red is None:
        return ""
    if letter == "M":
        return _joined(words.of_state(monitor.state, glyphs).text, words.monitor_figures(monitor))
    if letter == "D":
        despite = f"despite {', '.join(tree.despite)}" if tree.despite else ""
        return _joined(words.of_leaf(tree.leaf, tree.best, tree.worst, glyphs).text, despite)
    if letter == "H":
        return _joined(words.of_risk(health.risk, glyphs).text, words.index_figures(health))
    if letter == "R":
        clock = words.clock_words(red.next_clock, red.sla_due_at, now) if red.is_red else ""
        return _joined(words.of_red(red.is_red, glyphs).text, words.cause_words(red) if red.is_red else "", clock)
    return ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _sum(index: IndexReading) -> Iterator[str]:
    if index.score is None:
        return
    parts = " ".join(f"{one.contribution:+.2f} {one.name}" for one in index.components if one.contribution is not None)
    yield f"  {MIDDLE:.2f} {parts} = {index.score:.2f}"
