"""safe_text: foreign text made harmless for a terminal, once, where it is decoded."""

import re
import unicodedata

NAME_CELLS = 256
REASON_CHARS = 500
MAX_MARKS = 4

_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_JOINERS = "\u200c\u200d"
# C0, DEL, C1 | soft hyphen, zero width, fillers, invisible operators | bidi controls | annotations | tags | surrogates
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]+"
)


class SafeText(str):
    """A string that passed `safe_text`; `suspicious` says that something in it had to be replaced."""

    __slots__ = ("suspicious",)
    suspicious: bool

    def __new__(cls, text: str, suspicious: bool = False) -> "SafeText":
        made = super().__new__(cls, text)
        made.suspicious = suspicious
        return made


def safe_text(text: str, *, cells: int | None = NAME_CELLS, chars: int | None = None) -> SafeText:
    """Return `text` without anything a terminal could act on (architecture.md, `safe_text`).

    Runs of control, bidi, zero-width, tag and surrogate characters become one `?`, line breaks and tabs one space, more
    than four combining marks on a base are cut. Names are cut at `cells` terminal cells, reasons at `chars` characters.
    """
    if type(text) is SafeText:
        return text
    if text.isascii() and text.isprintable():
        return SafeText(_cut(text, cells, chars))
    clean = _BREAKS.sub(" ", text)
    clean, replaced = _HARMFUL.subn(lambda run: _joiner_or_mark(run, clean), clean)
    suspicious = bool(replaced) and clean != _BREAKS.sub(" ", text)
    if not clean.isascii():
        calmed = _cut_marks(clean)
        suspicious = suspicious or calmed != clean
        clean = calmed
    return SafeText(_cut(clean, cells, chars), suspicious)


def safe_reason(text: str) -> SafeText:
    """Return a reason, note or other long text: cut at 500 characters instead of cells."""
    return safe_text(text, cells=None, chars=REASON_CHARS)


def cell_width(text: str) -> int:
    """Return how many terminal cells `text` takes; unprintable text counts its characters."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # only foreign scripts need the tables

    width = wcswidth(text)
    return width if width >= 0 else len(text)


def cut_cells(text: str, cells: int) -> str:
    """Return `text` in at most `cells` terminal cells, closed by `…` where something was left out."""
    if cell_width(text) <= cells:
        return text
    kept = text[: cells - 1] if text.isascii() else _prefix(text, cells - 1)
    return kept + "…"


def _prefix(text: str, cells: int) -> str:
    kept = text[:cells]
    while kept and cell_width(kept) > cells:
        kept = kept[:-1]
    return kept


def _cut(text: str, cells: int | None, chars: int | None) -> str:
    if chars is not None and len(text) > chars:
        text = text[: chars - 1] + "…"
    return text if cells is None else cut_cells(text, cells)


def _joiner_or_mark(run: "re.Match[str]", text: str) -> str:
    """Keep a single joiner between letters or emoji (Persian, Indic scripts, family emoji); replace all else."""
    if run.group() not in _JOINERS or len(run.group()) != 1:
        return "?"
    around = text[run.start() - 1 : run.start()] + text[run.end() : run.end() + 1]
    joined = len(around) == 2 and all(unicodedata.category(char)[0] in "LM" or _is_emoji(char) for char in around)
    return run.group() if joined and run.start() > 0 else "?"


def _is_emoji(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk")


def _cut_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)
