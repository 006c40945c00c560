"""Mark, word and ink of what the four health systems say: one ladder for all of them (look.md §3)."""

from datetime import datetime
from typing import NamedTuple

from data.assessment import HealthLine, MonitorLine, RedLine
from data.health_index import Risk
from data.health_monitor import MonitorState
from data.health_tree import UNDETERMINED
from widgets import numbers
from widgets.glyphs import Glyphs


class Said(NamedTuple):
    """A mark (empty where nothing is wrong), its word, and the ink both are drawn in."""

    mark: str
    word: str
    ink: str

    @property
    def text(self) -> str:
        """Mark and word."""
        return f"{self.mark} {self.word}".lstrip()


# how grave a step of any four-step scale is: 0 the gravest, 3 nothing to mark
_RISKS = {Risk.CRITICAL: 0, Risk.HIGH: 1, Risk.MEDIUM: 2, Risk.LOW: 3}
_STATES = {MonitorState.SEVERE: 0, MonitorState.MODERATE: 1}
_LEAVES = {"CRITICAL": 0, "AT_RISK": 1, "NEEDS_ATTENTION": 2, "HEALTHY": 3}
_INKS = ("blocked bold", "cap", "near", "text")
_STATE_WORDS = {MonitorState.DATA_GAP: "data gap", MonitorState.OK: "usage ok", MonitorState.NEW: "new account"}
# what is due: as a thing to do within, and as a thing that is late
CLOCKS = {
    "assessment": ("assess", "assessment"),
    "root_cause": ("find the cause", "root cause"),
    "plan": ("plan", "plan"),
    "executive_review": ("executive review", "executive review"),
}


def step(rung: int, word: str, glyphs: Glyphs) -> Said:
    """Return one rung of the ladder ■ ▲ △ and nothing."""
    return Said((glyphs.blocked, glyphs.cap, glyphs.near, "")[rung], word, _INKS[rung])


def of_risk(risk: Risk | None, glyphs: Glyphs) -> Said:
    """Return the class of the index (H7): `▲ high risk`."""
    return Said("", "no score", "muted") if risk is None else step(_RISKS[risk], f"{risk.value} risk", glyphs)


def of_state(state: MonitorState, glyphs: Glyphs) -> Said:
    """Return the monitor's state (M8, M9b): `■ severe`."""
    rung = _STATES.get(state)
    if rung is not None:
        return step(rung, state.value, glyphs)
    return Said("", _STATE_WORDS.get(state, state.value), "text" if state is MonitorState.OK else "muted")


def leaf_word(name: str) -> str:
    """Return the tree's own name of an outcome as a word: `NEEDS_ATTENTION` reads `Needs attention`."""
    return name.replace("_", " ").capitalize()


def of_leaf(leaf: str, best: str, worst: str, glyphs: Glyphs) -> Said:
    """Return an outcome of the tree (D10, D14): an open one is named by what it may still be."""
    if leaf == UNDETERMINED:
        return Said("", f"{leaf_word(best)} to {leaf_word(worst).lower()}", "text")
    rung = _LEAVES.get(leaf)
    return Said("", leaf_word(leaf), "text") if rung is None else step(rung, leaf_word(leaf), glyphs)


def of_red(is_red: bool, glyphs: Glyphs) -> Said:
    """Return whether it is a Red account."""
    return Said(glyphs.red, "Red", "strong bold") if is_red else Said("", "not Red", "muted")


def index_figures(line: HealthLine) -> str:
    """Return `53.9`, with how much of it is known where that is not all of it (H5)."""
    if line.score is None:
        return f"{line.coverage:.2f} of it known"
    return f"{line.score:.1f}" + (f", {line.coverage:.2f} of it known" if line.partial else "")


def monitor_figures(line: MonitorLine) -> str:
    """Return `R 0.204`; without a ratio nothing."""
    return "" if line.ratio is None else f"R {line.ratio:.3f}"


def cause_words(line: RedLine) -> str:
    """Return the causes: `usage, relationship`."""
    return ", ".join(line.causes) or "no cause now"


def clock_words(name: str | None, due_at: datetime | None, now: datetime) -> str:
    """Return the next clock of R11: `assess within 3 h`, `plan 2 h late`; nothing where none runs."""
    if name is None or due_at is None:
        return ""
    todo, thing = CLOCKS.get(name, (name.replace("_", " "),) * 2)
    left = (due_at - now).total_seconds()
    return f"{todo} within {numbers.ago(left)}" if left > 0 else f"{thing} {numbers.ago(-left)} late"


def red_title(line: RedLine | None, now: datetime, glyphs: Glyphs) -> str:
    """Return `● Red, assess within 3 h` for a Red account, else nothing."""
    if line is None or not line.is_red:
        return ""
    return ", ".join(part for part in (f"{glyphs.red} Red", clock_words(line.next_clock, line.sla_due_at, now)) if part)
