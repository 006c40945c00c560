"""How everything is drawn now: the styles of the theme, the glyph set and whether anything may move."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from textual.dom import DOMNode

from widgets.glyphs import UNICODE, Glyphs
from widgets.theme import DARK, PLAIN, Styles


@dataclass(frozen=True)
class Look:
    """Styles by role, glyphs, and `motion`: False over SSH, in the console and with NO_COLOR (look.md §10).

    `keys` are the written keys of the actions that the config gives other ones, by id.
    `compact` leaves out the blank lines between sections, that above the tabs, and the rule below them.
    """

    styles: Styles
    glyphs: Glyphs
    motion: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    compact: bool = False

    def key(self, action: str, usual: str) -> str:
        """Return the key of an action by its id, as people write it; `usual` unless the config gives it another."""
        return self.keys.get(action, usual)


DEFAULT = Look(Styles(DARK), UNICODE)


def look_of(node: DOMNode) -> Look:
    """Return the look of the app a widget lives in, the dark one where the app has none."""
    look = getattr(node.app, "look", None)
    return look if isinstance(look, Look) else DEFAULT


def may_move(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether scrolling may ease and a caret may blink."""
    still = ("SSH_CONNECTION", "SSH_TTY", "NO_COLOR")
    return not (
        any(environment.get(name) for name in still)
        or environment.get("TERM") in ("linux", "dumb")
        or environment.get("TEXTUAL_ANIMATIONS", "").lower() == "none"
    )


def colours(environment: Mapping[str, str] = os.environ) -> str:
    """Return what colours the terminal has, as Rich reads it: `truecolor`, `256`, `standard` or `` for none."""
    known = {name: text for name, text in environment.items() if name != "NO_COLOR"}
    return Console(force_terminal=True, _environ=known).color_system or ""


def wants_plain(theme: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the plain theme is due: asked for, NO_COLOR, the Linux console, or only 16 colours."""
    plain_terminal = environment.get("TERM") in ("linux", "dumb")
    return theme == PLAIN or bool(environment.get("NO_COLOR")) or plain_terminal or colours(environment) == "standard"
