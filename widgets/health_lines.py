"""The health of an account in a few lines: in the pane at the right, on the account screen, and in the bottom pane."""

from collections.abc import Iterable
from datetime import datetime

from data.assessment import Row
from widgets import health_words as words
from widgets.column_page import Lines
from widgets.line import Line, Piece, cells, wrap
from widgets.look import Look
from widgets.numbers import fit

LABEL = 9


def health_lines(row: Row, now: datetime, width: int, look: Look) -> Lines:
    """Return index, monitor, tree and Red, each with mark, word and rule; nothing in a row of an older triage."""
    health, monitor, tree, red, glyphs = row.health, row.monitor, row.tree, row.red, look.glyphs
    if health is None or monitor is None or tree is None or red is None:
        return []
    lines = [
        _said("Index", words.of_risk(health.risk, glyphs), words.index_figures(health), "H7", width, look),
        _said("Monitor", words.of_state(monitor.state, glyphs), words.monitor_figures(monitor), "M8", width, look),
    ]
    leaf = words.of_leaf(tree.leaf, tree.best, tree.worst, glyphs)
    despite = f"despite {', '.join(tree.despite)}" if tree.despite else ""
    lines.append(_said("Tree", leaf, despite, "D10" if tree.best == tree.worst else "D14", width, look))
    causes = words.cause_words(red) if red.is_red else ""
    said = words.of_red(red.is_red, glyphs)
    below = wrap(causes, width - LABEL) if LABEL + len(f"{said.text}  {causes}") > width - 4 else []
    lines.append(_said("Red", said, "" if below else causes, "R3", width, look))
    lines += [([(" " * LABEL + part, "text")], ()) for part in below]
    clock = words.clock_words(red.next_clock, red.sla_due_at, now) if red.is_red else ""
    if clock:
        ink = "strong bold" if red.late else "text"
        fits = LABEL + len(clock) + 4 < width
        lines.append(([(" " * LABEL, "text"), (clock, ink)], [("R11", "muted")] if fits else ()))
    return lines


def _said(label: str, said: words.Said, rest: str, rule: str, width: int, look: Look) -> tuple[Line, Line]:
    pieces: list[Piece] = [(f"{label:<{LABEL}}", "muted"), (said.text, said.ink)]
    room = width - cells(pieces) - len(rule) - 4
    if rest and room > 0:
        pieces.append((f"  {fit(rest, room, look.glyphs).rstrip()}", "text"))
    return pieces, [(rule, "muted")] if cells(pieces) + len(rule) < width else ()


def health_line(row: Row, width: int, look: Look) -> Line:
    """Return index, monitor and leaf in one line; where it is too long figures go before any word is cut."""
    health, monitor, tree, glyphs = row.health, row.monitor, row.tree, look.glyphs
    if health is None or monitor is None or tree is None:
        return ()
    index, state = words.of_risk(health.risk, glyphs), words.of_state(monitor.state, glyphs)
    score = "" if health.score is None else f" {health.score:.0f}"
    ratio = "" if monitor.ratio is None else f" {monitor.ratio:.2f}"
    leaf = words.of_leaf(tree.leaf, tree.best, tree.worst, glyphs)
    despite = f" despite {', '.join(tree.despite)}" if tree.despite else ""
    for figures in ((score, ratio, despite), (score, ratio, ""), (score, "", ""), ("", "", "")):
        said = zip((index, state, leaf), figures, strict=True)
        parts = [(one.text + figure, one.ink) for one, figure in said]
        if cells(parts) + 2 * (len(parts) - 1) <= width:
            break
    return _in_a_line(parts, width, look)


def _in_a_line(parts: Iterable[tuple[str, str]], width: int, look: Look) -> Line:
    line: list[Piece] = []
    for text, ink in parts:
        gap = 2 if line else 0
        if cells(line) + gap + cells([(text, ink)]) > width:
            short = fit(text, width - cells(line) - gap, look.glyphs).rstrip()
            return [*line, (" " * gap, "text"), (short, ink)] if len(short) > 4 else line
        line += [("  ", "text"), (text, ink)] if line else [(text, ink)]
    return line


def red_piece(row: Row, now: datetime, look: Look) -> list[Piece]:
    """Return `● Red, assess within 3 h` in bold for a Red account, else nothing."""
    title = words.red_title(row.red, now, look.glyphs)
    return [(title, "strong bold")] if title else []


def red_causes(row: Row, width: int, look: Look) -> Line:
    """Return `Red by usage, relationship` for a Red account, else nothing."""
    if row.red is None or not row.red.is_red:
        return ()
    return [(fit(f"Red by {words.cause_words(row.red)}", width, look.glyphs).rstrip(), "text")]
