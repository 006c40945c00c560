"""What leaves for the terminal keeps its columns, also where terminals disagree on how wide a foreign text is."""

import re
from functools import lru_cache

from rich.cells import cell_len
from textual.driver import Driver

from data.safe_text import most_cells, widest

# Scripts with vowel signs and conjuncts, right-to-left ones, jamo, joiners, presentation forms, flags, emoji: one
# terminal adds their code points up, another draws clusters, and what Textual believes is a third figure.
_DISPUTED = (
    "[\u0590-\u109f\u1160-\u11ff\u1700-\u1cff\u200c\u200d\u20d0-\u20ff\ua800-\uabff\ufb1d-\ufdff\ufe00-\ufe0f"
    "\U00010800-\U00011fff\U0001f000-\U0001faff]"
)
_ANY = re.compile(_DISPUTED)
_RUN = re.compile(rf"[^\s]*{_DISPUTED}[^\s]*(?: [^\s]+)*")  # a phrase: its words stay together
_TOKEN = re.compile(r"\x1b\[(?P<y>\d+);(?P<x>\d+)H|(?P<ink>\x1b\[[\d;]*m)|\x1b\[[^@-~]*[@-~]|[\x00-\x1f]|[^\x00-\x1f]+")


def steady(data: str) -> str:
    """Return terminal output in which each disputed phrase is drawn last in its line, at its column, over blanks.

    Whatever width the terminal gives it, nothing else moves: it takes the blanks behind it, never another's cells.
    """
    if _ANY.search(data) is None:
        return data
    line = _Line()
    made: list[str] = []
    for token in _TOKEN.finditer(data):
        text = token.group()
        if token["y"]:
            made += [line.phrases(), text]
            line = _Line(int(token["y"]), int(token["x"]))
        elif token["ink"]:
            line.ink = text
            made.append(text)
        elif text[0] >= " " and line.row:
            made.append(line.take(text))
        elif text[0] >= " " or text[0] == "\x1b":
            made.append(text)
        else:
            made += [line.phrases(), text]
            line = _Line()
    return "".join([*made, line.phrases()])


def steadied(driver: type[Driver]) -> type[Driver]:
    """Return the driver with `steady` before everything it writes."""

    def write(self: Driver, data: str) -> None:
        driver.write(self, steady(data))

    return type(f"Steady{driver.__name__}", (driver,), {"write": write})


class _Line:
    """What was written since the cursor was placed at `row` and `column` (from 1; 0: it is not known where)."""

    def __init__(self, row: int = 0, column: int = 0) -> None:
        self.row, self.column, self.ink = row, column, ""
        self._start = column
        self._shown: list[str] = []
        self._waiting: list[tuple[int, str, str]] = []

    def take(self, text: str) -> str:
        """Return `text` with blanks in the place of its disputed phrases, which wait for the line's end."""
        clean, end = [], 0
        for run in _RUN.finditer(text):
            clean += [text[end : run.start()], " " * cell_len(run.group())]
            at = self.column + cell_len(text[: run.start()])
            self._waiting.append((at, self.ink, run.group()))
            end = run.end()
        written = "".join([*clean, text[end:]])
        self.column += cell_len(written)
        self._shown.append(written)
        return written

    def phrases(self) -> str:
        """Return what waited, each at its place and cut where something else begins; then the cursor is back."""
        if not self._waiting:
            return ""
        shown = "".join(char + "\0" * (cell_len(char) - 1) for char in "".join(self._shown))
        places = [at for at, _, _ in self._waiting[1:]]
        made = []
        for (at, ink, phrase), limit in zip(self._waiting, [*places, self.column], strict=True):
            free = shown[at - self._start : limit - self._start]
            after = free.lstrip(" ")
            room = len(free) - len(after) - bool(after)  # what comes next keeps its distance
            shown_part = phrase if _most(phrase) <= room else widest(phrase, max(room, cell_len(phrase)))
            made.append(f"\x1b[{self.row};{at}H{ink}{shown_part}")
        return "".join(made) + f"\x1b[0m\x1b[{self.row};{self.column}H{self.ink}"


@lru_cache(4096)
def _most(phrase: str) -> int:
    return most_cells(phrase)
