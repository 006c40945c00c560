"""A screen as text: its lines, and below them the ink of each cell, so that a change can be read in a diff."""

import re
from itertools import groupby
from string import ascii_letters
from typing import Any

from rich.style import Style
from textual.app import App

_MADE_ANEW = re.compile(r"\b[0-9a-f]{8}[0-9a-f-]*\b|(?<=127\.0\.0\.1:)\d+")  # keys, hashes, ports


def picture(app: App[Any]) -> str:
    """Return the screen's text, its inks by letter (run lengths), and what the letters stand for."""
    width, height = app.size
    lines: list[str] = []
    inks: list[str] = []
    letters: dict[str, str] = {}
    for strip in app.screen._compositor.render_strips()[:height]:
        text = "".join(part.text for part in strip)
        lines.append(_MADE_ANEW.sub(lambda found: "0" * len(found.group()), text).rstrip())
        cells = [(_said(part.style), part.cell_length) for part in strip if part.text]
        runs = [(said, sum(count for _, count in group)) for said, group in groupby(cells, lambda cell: cell[0])]
        inks.append(" ".join(f"{letters.setdefault(said, ascii_letters[len(letters)])}{count}" for said, count in runs))
    legend = [f"{letter} = {said}" for said, letter in letters.items()]
    return "\n".join([*lines, f"--- {width} x {height} ---", *inks, "---", *legend, ""])


def _said(style: Style | None) -> str:
    """A style in words, links and handlers apart."""
    if style is None:
        return "as the terminal has it"
    flags = ("bold", "dim", "italic", "underline", "reverse", "strike")
    colours = [str(style.color.name) if style.color else "-", str(style.bgcolor.name) if style.bgcolor else "-"]
    return " ".join([*colours, *(flag for flag in flags if getattr(style, flag))])
