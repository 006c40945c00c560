"""safe_text: foreign text made harmless for a terminal, once, where it is decoded."""

import re
import unicodedata

NAME_CELLS = 256
REASON_CHARS = 500
MAX_MARKS = 4

_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_ZWJ = "\u200d"
_JOINERS = "\u200c" + _ZWJ
# C0, DEL, C1 | soft hyphen, zero width, fillers, invisible operators | bidi controls | annotations, formats | tags |
# surrogates
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]+"
)


# Terminals draw letters behind a joiner in cells of their own; libraries that measure count them as nothing.
_BEFORE_LETTER = re.compile(_ZWJ + r"(?=\w)")


class SafeText(str):
    """A string that passed `safe_text`; `suspicious` says that something in it had to be replaced."""

    __slots__ = ("suspicious",)
    suspicious: bool

    def __new__(cls, text: str, suspicious: bool = False) -> "SafeText":
        made = super().__new__(cls, text)
        made.suspicious = suspicious
        return made


class SafeReason(SafeText):
    """A long text by a person (a reason, a note): cut at 500 characters where it is decoded, not at 256 cells."""

    __slots__ = ()


def safe_text(text: str, *, cells: int | None = NAME_CELLS, chars: int | None = None) -> SafeText:
    """Return `text` without anything a terminal could act on (architecture.md, `safe_text`).

    Runs of control, bidi, zero-width, tag and surrogate characters become one `?`, line breaks and tabs one space, more
    than four combining marks on a base are cut. Names are cut at `cells` terminal cells, reasons at `chars` characters.
    """
    if isinstance(text, SafeText):
        return text
    if text.isascii() and text.isprintable():
        return SafeText(text if len(text) <= (cells or chars or 0) else _cut(text, cells, chars))
    clean = _BREAKS.sub(" ", text)
    calm = _replace(clean)
    if not _is_plain(calm):
        calm = _replace(_cut_marks(calm))  # a joiner may have lost its neighbour
    return SafeText(_cut(calm, cells, chars), suspicious=calm != clean)


def safe_reason(text: str) -> SafeReason:
    """Return a reason, note or other long text: cut at 500 characters instead of cells."""
    made = safe_text(text, cells=None, chars=REASON_CHARS)
    return SafeReason(made, made.suspicious)


def _is_plain(text: str) -> bool:
    """True for Latin letters alone: a cell each, and no mark among them (combining ones begin at U+0300)."""
    return text.isascii() or max(text) < "\u0300"


def without_letter_joiners(text: str) -> str:
    """Return `text` without joiners before letters, which would let it take more cells than it is measured at."""
    return _BEFORE_LETTER.sub("", text) if _ZWJ in text else text


def cell_width(text: str) -> int:
    """Return how many terminal cells `text` takes; unprintable text counts its characters."""
    if _is_plain(text):
        return len(text)
    text = without_letter_joiners(text)
    from wcwidth import wcswidth  # only foreign scripts need the tables

    width = wcswidth(text)
    return width if width >= 0 else len(text)


def cut_cells(text: str, cells: int) -> str:
    """Return `text` in at most `cells` terminal cells, closed by `…` where something was left out."""
    if cell_width(text) <= cells:
        return text
    kept = text[: cells - 1] if _is_plain(text) else _prefix(text, cells - 1)
    return kept + "…"


def _prefix(text: str, cells: int) -> str:
    kept = text[:cells]
    while kept and cell_width(kept) > cells:
        kept = kept[:-1]
    return kept.rstrip(_JOINERS)  # one that joins nothing would be replaced when read again


def _cut(text: str, cells: int | None, chars: int | None) -> str:
    if chars is not None and len(text) > chars:
        text = text[: chars - 1].rstrip(_JOINERS) + "…"
    return text if cells is None else cut_cells(text, cells)


def _replace(text: str) -> str:
    return _HARMFUL.sub(lambda run: _joiner_or_mark(run, text), text)


def _joiner_or_mark(run: "re.Match[str]", text: str) -> str:
    """Keep a single joiner between letters or emoji (Persian, Indic scripts, family emoji); replace all else."""
    if run.group() not in _JOINERS or len(run.group()) != 1:
        return "?"
    around = text[run.start() - 1 : run.start()] + text[run.end() : run.end() + 1]
    joined = len(around) == 2 and all(unicodedata.category(char)[0] in "LM" or _is_emoji(char) for char in around)
    return run.group() if joined and run.start() > 0 else "?"


def _is_emoji(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") or char == "\u2194"  # the arrow of a shaken head


def _cut_marks(text: str) -> str:
    """Cut what piles up on one base: marks and joiners, and apart from them spacing vowel signs and skin tones.

    Counted apart because Burmese words bear four of the one and one of the other. An emoji behind a joiner is no new
    base (a family has four), nor is the second half of a Korean syllable.
    """
    kept: list[str] = []
    marks = spacing = 0
    joined = False
    for char in text:
        category = unicodedata.category(char)
        if category in ("Mn", "Me") or char in _JOINERS or _is_jamo(char):
            marks += 1
            fits = marks <= MAX_MARKS
        elif category == "Mc" or "\U0001f3fb" <= char <= "\U0001f3ff":
            spacing += 1
            fits = spacing <= MAX_MARKS
        else:
            if not (joined and _is_emoji(char)):
                marks = spacing = 0
            fits = True
        joined = char == _ZWJ
        if fits:
            kept.append(char)
    return "".join(kept)


def _is_jamo(char: str) -> bool:
    """Vowels and finals of Korean syllables, drawn into the consonant before them."""
    return "\u1161" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb"
