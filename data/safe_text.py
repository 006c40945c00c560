"""safe_text: foreign text made harmless for a terminal, once, where it is decoded."""

import re
import unicodedata
from bisect import bisect_right

NAME_CELLS = 256
REASON_CHARS = 500
MAX_MARKS = 4
_MOST_A_CELL = 16  # characters: a base, its marks and what is joined to it

# line breaks and tabs, and the blank of Braille, which looks like a space and is none
_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029\u2800]+")
_ZWJ = "\u200d"
_JOINERS = "\u200c" + _ZWJ
# C0, DEL, C1 | soft hyphen, zero width, fillers, invisible operators | bidi controls | annotations, formats | tags and
# the private planes, one of whose characters makes some terminals draw pictures | surrogates | noncharacters
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U0010ffff\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0xE0000, 0x10000))
    + "]+"
)
# Signs that stand in names and in our own words and take one cell everywhere: dashes, quotes, currencies, arrows
_ONE_CELL = re.compile("[\x00-\u02ff\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u21ff\u2500-\u25fc]*")
# Cells of such signs and of the letters of the commonest scripts, from each of these characters on; 0: the tables have
# to be asked. Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, kana, ideographs, Korean are measured without them.
_FROM = (
    " \x7f\xa0\xad\xae\u0300\u0370\u0483\u048a\u0590\u05d0\u05eb\u0620\u064b\u2010\u2028\u2030\u205f"
    "\u20a0\u20c1\u2190\u2300\u2500\u25fd\u2713\u2714\u3041\u3097\u30a1\u30fd\u4e00\ua000\uac00\ud7a4"
)
_CELLS = (0, *(1, 0) * 13, *(2, 0) * 4)
_FOREIGN = re.compile("[^ -~]+")  # found five times as fast as what is harmful in it
# Forms of an ideograph as Japanese names are written with them; joiners. They only choose how their neighbour looks.
_HARMLESS_RUN = re.compile("[\u200c\u200d\U000e0100-\U000e01ef]+")
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_JOINING = "\u0590"  # the alphabets before it (Latin, Greek, Cyrillic, Armenian) have nothing to join

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

    Runs of control, bidi, zero-width, tag, surrogate, private-plane and noncharacters become one `?`, so do marks at
    the start, which have no base; line breaks, tabs and Braille blanks become one space, more than four combining marks
    on a base are cut. Names are cut at `cells` terminal cells, reasons at `chars` characters.
    """
    if isinstance(text, SafeText):
        return text
    if text.isascii() and text.isprintable():
        return SafeText(text if len(text) <= (cells or chars or 0) else _cut(text, cells, chars))
    clean = _BREAKS.sub(" ", text)
    calm = _replace(clean)
    if not _is_plain(calm):
        calm = _replace(_cut_marks(_without_leading_marks(calm)))  # a joiner may have lost its neighbour
    return SafeText(_cut(calm, cells, chars), suspicious=calm != clean)


def safe_reason(text: str) -> SafeReason:
    """Return a reason, note or other long text: cut at 500 characters instead of cells."""
    made = safe_text(text, cells=None, chars=REASON_CHARS)
    return SafeReason(made, made.suspicious)


def safe_lines(text: str) -> str:
    """Return a text of several lines, each of them safe; the lines stay as they are."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(safe_text(line, cells=None) for line in lines)


def drawable(text: str) -> str:
    """Return `text` for a terminal whatever it went through before: the last defence, where a segment is made.

    Quick for plain text. Joiners stay, also where a line was broken beside one.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HARMFUL.sub(lambda run: run.group() if _HARMLESS_RUN.fullmatch(run.group()) else "?", text)


def escaped(json: str) -> str:
    """Return a JSON text in which what a terminal could act on stands as `\\uXXXX`: the same values to a machine."""
    if json.isascii() and json.isprintable():
        return json
    return _FOREIGN.sub(lambda run: _HARMFUL.sub(_as_escape, run.group()), json)


def _as_escape(found: "re.Match[str]") -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _is_plain(text: str) -> bool:
    """True for Latin letters and common signs: a cell each, and no mark among them (combining ones begin at U+0300)."""
    return text.isascii() or max(text) < "\u0300" or _ONE_CELL.fullmatch(text) is not None


def without_letter_joiners(text: str) -> str:
    """Return `text` without joiners before letters, which would let it take more cells than it is measured at."""
    return _BEFORE_LETTER.sub("", text) if _ZWJ in text else text


def cell_width(text: str) -> int:
    """Return how many terminal cells `text` takes; unprintable text counts its characters."""
    if _is_plain(text):
        return len(text)
    if known := _letters_width(text):
        return known
    text = without_letter_joiners(text)
    from wcwidth import wcswidth  # only foreign scripts need the tables

    width = wcswidth(text)
    return width if width >= 0 else len(text)


def _letters_width(text: str) -> int:
    """The cells of a text of common letters only, 0 where there is another character in it."""
    cells = [_CELLS[bisect_right(_FROM, char)] for char in text]
    return sum(cells) if all(cells) else 0


def most_cells(text: str) -> int:
    """Return the most cells that any terminal gives `text`: some count its clusters, some add up its code points."""
    if known := len(text) if _is_plain(text) else _letters_width(text):
        return known
    return max(cell_width(text), sum(map(_alone, text)))


def _alone(char: str) -> int:
    """The cells of a character in a terminal that knows no clusters: vowel signs and skin tones count there."""
    from wcwidth import wcwidth

    if unicodedata.category(char) == "Mc" or "\U0001f1e6" <= char <= "\U0001f1ff":  # half a flag is one letter
        return 1
    return max(0, wcwidth(char))


def cut_cells(text: str, cells: int) -> str:
    """Return `text` in at most `cells` cells of any terminal, closed by `…` where something was left out.

    No character takes more than two: a short text is not measured.
    """
    return text if len(text) * 2 <= cells or most_cells(text) <= cells else widest(text, cells - 1) + "…"


def widest(text: str, cells: int) -> str:
    """Return the longest beginning of `text` that fits into `cells` cells of any terminal; it keeps its marks."""
    if _is_plain(text):
        return text[: max(0, cells)]
    most = range(min(len(text), _MOST_A_CELL * max(0, cells)) + 1)
    fits = bisect_right(most, max(0, cells), key=lambda end: most_cells(text[:end])) - 1
    return text[:fits].rstrip(_JOINERS)  # one that joins nothing would be replaced when read again


def _cut(text: str, cells: int | None, chars: int | None) -> str:
    if chars is not None and len(text) > chars:
        text = text[: chars - 1].rstrip(_JOINERS) + "…"
    return text if cells is None else cut_cells(text, cells)


def _replace(text: str) -> str:
    return _HARMFUL.sub(lambda run: _kept_or_mark(run, text), text)


def _kept_or_mark(run: "re.Match[str]", text: str) -> str:
    """Keep one joiner between letters or emoji (Persian, Indic scripts, families) and one form of an ideograph."""
    char = run.group()
    before, after = text[run.start() - 1 : run.start()] if run.start() else "", text[run.end() : run.end() + 1]
    if char in ("\u200c", _ZWJ):
        letters = all(side and (unicodedata.category(side)[0] in "LM" or _is_emoji(side)) for side in (before, after))
        return char if letters and max(before, after) >= _JOINING else "?"
    ideograph = "\U000e0100" <= char <= "\U000e01ef" and len(char) == 1 and _IDEOGRAPH.match(before)
    return char if ideograph else "?"


def _without_leading_marks(text: str) -> str:
    """Replace marks without a base: they would be drawn over what stands before the text."""
    at = 0
    while at < len(text) and (unicodedata.category(text[at]) in ("Mn", "Me") or _is_jamo(text[at])):
        at += 1
    return f"?{text[at:]}" if at else text


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
