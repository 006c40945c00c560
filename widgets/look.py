"""How everything is drawn now: the styles of the theme, the glyph set and whether anything may move."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from textual.dom import DOMNode

from widgets.glyphs import UNICODE, Glyphs
from widgets.theme import DARK, Styles


@dataclass(frozen=True)
class Look:
    """Styles by role, glyphs, and `motion`: False over SSH, in the console and with NO_COLOR (look.md §10)."""

    styles: Styles
    glyphs: Glyphs
    motion: bool = True


DEFAULT = Look(Styles(DARK), UNICODE)


def look_of(node: DOMNode) -> Look:
    """Return the look of the app a widget lives in, the dark one where the app has none."""
    look = getattr(node.app, "look", None)
    return look if isinstance(look, Look) else DEFAULT


def may_move(environment: Mapping[str, str] = os.environ, *, no_color: bool = False) -> bool:
    """Return whether scrolling may ease and a caret may blink."""
    still = ("SSH_CONNECTION", "SSH_TTY", "NO_COLOR")
    return not (
        no_color
        or any(environment.get(name) for name in still)
        or environment.get("TERM") in ("linux", "dumb")
        or environment.get("TEXTUAL_ANIMATIONS", "").lower() == "none"
    )
