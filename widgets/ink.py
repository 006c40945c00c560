"""What a terminal draws in: the codes of a style taken apart, and the fewest codes from one style to another."""

from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
_ON_BLANKS = frozenset("4789")  # what shows where there is no letter


class Ink(NamedTuple):
    """Flags (`1` bold, `2` dim, … as their codes), foreground and background, each as the terminal takes it."""

    flags: frozenset[str] = frozenset()
    fore: str = ""
    back: str = ""


PLAIN = Ink()


@lru_cache(4096)
def ink_of(codes: str, before: Ink = PLAIN) -> Ink | None:
    """Return the ink after `ESC [ codes m` where `before` was in use; None where a code is not known here."""
    flags, fore, back = set(before.flags), before.fore, before.back
    rest = codes.split(";")
    while rest:
        code = rest.pop(0)
        if code in ("", "0"):
            flags, fore, back = set(), "", ""
        elif code in ("38", "48"):
            taken = 4 if rest[:1] == ["2"] else 2
            colour = ";".join([code, *rest[:taken]])
            del rest[:taken]
            fore, back = (colour, back) if code == "38" else (fore, colour)
        elif code in _OFF:
            flags.add(code)
        elif code in _OFF.values():
            flags -= {on for on, off in _OFF.items() if off == code}
        elif len(code) > 1 and code[:-1] in ("3", "9"):
            fore = "" if code == "39" else code
        elif len(code) > 1 and code[:-1] in ("4", "10"):
            back = "" if code == "49" else code
        else:
            return None
    return Ink(frozenset(flags), fore, back)


@lru_cache(4096)
def ink_of_style(style: Style, colours: ColorSystem) -> Ink:
    """Return the ink of a style; links are not drawn."""
    return ink_of(Strip.render_ansi(style, colours)) or PLAIN


@lru_cache(4096)
def paper_of(ink: Ink) -> Ink:
    """Return the part of an ink that a blank shows."""
    flags = ink.flags & _ON_BLANKS
    return Ink(flags, ink.fore, ink.back) if flags else Ink(flags, "", ink.back)


@lru_cache(8192)
def turn(old: Ink | None, new: Ink) -> str:
    """Return the shortest code that makes `new` of `old`; None is an ink that is not known."""
    if old == new:
        return ""
    whole = sorted(new.flags) + [colour for colour in (new.fore, new.back) if colour]
    afresh = f"\x1b[{';'.join(['0', *whole])}m" if whole else "\x1b[m"
    if old is None:
        return afresh
    off = {_OFF[flag] for flag in old.flags - new.flags}
    on = {flag for flag in new.flags if flag not in old.flags or _OFF[flag] in off}
    codes = sorted(off) + sorted(on)
    codes += [new.fore or "39"] if new.fore != old.fore else []
    codes += [new.back or "49"] if new.back != old.back else []
    return min(f"\x1b[{';'.join(codes)}m", afresh, key=len)


@lru_cache(8192)
def for_blank(old: Ink | None, paper: Ink) -> Ink:
    """Return the ink nearest to `old` in which a blank looks as in `paper`."""
    if old is None or paper.flags or old.flags & _ON_BLANKS:
        return paper
    return old._replace(back=paper.back)
