"""The three glyph sets of look.md §3 and the choice between them."""

import codecs
import locale
import sys
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from data.safe_text import drawable, without_letter_joiners

EIGHTHS = "▁▂▃▄▅▆▇"


class Glyphs(Struct, frozen=True):
    """One set of marks. `half` is empty where there is no half bar; `spark` is empty where digits stand for heights."""

    name: str
    blocked: str
    cap: str
    near: str
    down: str
    red: str
    held: str
    sending: str
    needs: str
    done: str
    cursor: str
    marked: str
    full: str
    half: str
    track: str
    rule: str
    heavy: str
    pane: str
    spark: str
    becomes: str
    cut: str
    no_cap: str
    unknown: str
    minus: str
    quotes: str
    symbols: bool

    @property
    def digits(self) -> bool:
        """True when sparklines are digits."""
        return not self.spark

    def show(self, text: str) -> str:
        """Return words of ours or of the server as this terminal can draw them: other scripts become `?` in ASCII.

        Every segment of ours is made by this, so nothing that acts gets past it, even where no decoder made it safe.
        """
        text = drawable(text)
        if text.isascii():
            return text
        text = without_letter_joiners(text)
        if self.name != "ascii":
            return text
        bare = unicodedata.normalize("NFKD", text.translate(_ASCII))
        bare = "".join(char for char in bare if not unicodedata.combining(char))
        return bare.encode("ascii", "replace").decode()

    def cellwise(self, text: str) -> str:
        """The same for a text in a field, where every character keeps its cells: the caret counts them."""
        text = drawable(text)
        return text if self.name != "ascii" or text.isascii() else "".join(map(_one_ascii, text))


@lru_cache(1024)
def _one_ascii(char: str) -> str:
    from rich.cells import cell_len  # a command that only lists must not pay for it

    shown = ASCII.show(char)
    width = cell_len(char)
    return shown if len(shown) == width else shown[:1] if shown and width == 1 else "?" * width


_ASCII = str.maketrans(
    {"“": '"', "”": '"', "’": "'", "…": "~", "→": "->", "∞": "oo", "–": "-", "−": "-", "·": "-", "€": "EUR "}
)

UNICODE = Glyphs(
    name="unicode",
    **dict(zip(("blocked", "cap", "near", "down", "red"), "■▲△▽●", strict=True)),
    **dict(zip(("held", "sending", "needs", "done", "cursor", "marked"), "⇡…!✓▌●", strict=True)),
    **dict(zip(("full", "half", "track", "rule", "heavy", "pane"), "━╸──━│", strict=True)),
    spark=EIGHTHS,
    **dict(zip(("becomes", "cut", "no_cap", "unknown", "minus"), "→…∞–−", strict=True)),
    quotes="“”",
    symbols=True,
)
CONSOLE = Glyphs(
    name="console",
    **dict(zip(("blocked", "cap", "near", "down", "red"), "■▲↑↓•", strict=True)),
    **dict(zip(("held", "sending", "needs", "done", "cursor", "marked"), "+~!.>•", strict=True)),
    **dict(zip(("full", "track", "rule", "heavy", "pane"), "═──═│", strict=True)),
    half="",
    spark="",
    **dict(zip(("becomes", "cut", "no_cap", "unknown", "minus"), "→~∞--", strict=True)),
    quotes='""',
    symbols=False,
)
ASCII = Glyphs(
    name="ascii",
    **dict(zip(("blocked", "cap", "near", "down", "red"), "#^/vo", strict=True)),
    **dict(zip(("held", "sending", "needs", "done", "cursor", "marked"), "+~!.>*", strict=True)),
    **dict(zip(("full", "track", "rule", "heavy", "pane"), "=--=|", strict=True)),
    half="",
    spark="",
    becomes="->",
    cut="~",
    no_cap="oo",
    unknown="-",
    minus="-",
    quotes='""',
    symbols=False,
)
SETS: Mapping[str, Glyphs] = {each.name: each for each in (UNICODE, CONSOLE, ASCII)}


def pick(setting: str, environment: Mapping[str, str], encoding: str | None = None) -> Glyphs:
    """Return the glyph set of a config setting; `auto` asks the terminal's name and the locale's encoding."""
    if setting in SETS:
        return SETS[setting]
    terminal = environment.get("TERM", "")
    if terminal == "linux":
        return CONSOLE
    if terminal == "dumb" or terminal.startswith("vt") or not _is_utf8(encoding or _encoding(environment)):
        return ASCII
    return UNICODE


def _encoding(environment: Mapping[str, str]) -> str:
    """Return the locale's encoding; Python writes UTF-8 also in the C locale, whose terminals need not show it."""
    forced = sys.flags.utf8_mode and environment.get("PYTHONUTF8") != "1"
    return "ascii" if forced else locale.getpreferredencoding(False)


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False
