"""The columns of the health systems in a row: mark, word and figure of the index, the monitor and the tree."""

from data.assessment import Row
from data.health_monitor import MonitorState
from data.health_tree import UNDETERMINED
from widgets.glyphs import Glyphs
from widgets.health_words import Said, leaf_word, of_leaf, of_risk, of_state
from widgets.line import Piece
from widgets.look import Look
from widgets.numbers import fit

FIGURE = 5
_SHORT = {MonitorState.OK: "ok", MonitorState.NEW: "new"}


def system_cell(name: str, row: Row, width: int, ink: str, look: Look) -> list[Piece]:
    """Return the cell of one of columns.SYSTEMS; mark and word keep their ink but on a dimmed row."""
    found, figure = {"Health": _health, "Usage monitor": _monitor, "Decision tree": _tree}[name](row, look.glyphs)
    text = found.text if found.mark else f"  {found.word}"
    colour = found.ink if (found.mark or found.ink == "muted") and ink != "muted" else ink
    if not figure:
        return [(fit(text, width, look.glyphs), colour)]
    return [(fit(text, width - FIGURE - 1, look.glyphs), colour), (f" {figure:>{FIGURE}}", ink)]


def _health(row: Row, glyphs: Glyphs) -> tuple[Said, str]:
    """Class and score (H7), one decimal."""
    line = row.health
    if line is None or line.risk is None or line.score is None:
        return Said("", "no score", "muted"), ""
    return of_risk(line.risk, glyphs)._replace(word=line.risk.value), f"{line.score:.1f}"


def _monitor(row: Row, glyphs: Glyphs) -> tuple[Said, str]:
    """State and ratio (M9b), three decimals."""
    line = row.monitor
    if line is None:
        return Said("", glyphs.unknown, "muted"), ""
    found = of_state(line.state, glyphs)
    figure = "" if line.ratio is None else f"{line.ratio:.3f}" if line.ratio < 9.9995 else f"{min(line.ratio, 999):.1f}"
    return found._replace(word=_SHORT.get(line.state, found.word)), figure


def _tree(row: Row, glyphs: Glyphs) -> tuple[Said, str]:
    """Leaf (D10); where answers are missing, the worst that they leave open (D14)."""
    line = row.tree
    if line is None:
        return Said("", glyphs.unknown, "muted"), ""
    found = of_leaf(line.leaf, line.best, line.worst, glyphs)
    return (found._replace(word=f"maybe {leaf_word(line.worst).lower()}") if line.leaf == UNDETERMINED else found), ""
