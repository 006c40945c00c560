"""Columns that stand still in a terminal whose widths differ from Textual's: foreign scripts, flags, emoji."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from kit.hostile import TEXTS
from rich.cells import cell_len
from textual.drivers.headless_driver import HeadlessDriver
from wcwidth import wcwidth

from data.remedy import Change, State
from data.safe_text import most_cells, safe_text
from widgets.glyphs import SETS
from widgets.line import wrap
from widgets.look import Look
from widgets.numbers import fit
from widgets.outbox_row import row_strip
from widgets.severity_badge import named
from widgets.steady import steadied, steady
from widgets.theme import DARK, Styles

NAMES = [
    "कार्यालय हिन्दी सेवा क्षेत्रीय",
    "தமிழ்நாடு கூட்டுறவு நிறுவனம்",
    "বাংলাদেশ ক্ষুদ্রঋণ",
    "മലയാളം",
    "ខ្មែរ ភ្នំពេញ",
    "ကမ္ဘာ့ဘဏ် မြန်မာ",
    "🇳🇴 Norge Kraft 🇸🇪",
    "❤️ Care ☎️ Home",
    "👩🏽‍❤️‍💋‍👨🏿 Pair",
    "مؤسسة الملك عبدالله",
    *(str(safe_text(one.text)) for one in TEXTS if not one.lone and not one.suspicious and not one.text.isascii()),
]


class PlainTerminal:
    """A terminal as tmux 3.3 is one: adds code points up, spacing vowel signs count, half a flag is one cell."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], str] = {}
        self.y = self.x = 1

    def write(self, data: str) -> None:
        for token in re.finditer(r"\x1b\[(\d+);(\d+)H|\x1b\[[^@-~]*[@-~]|(.)", data):
            if token[1]:
                self.y, self.x = int(token[1]), int(token[2])
            elif token[3]:
                wide = self.width(token[3])
                for more in range(wide):
                    self.cells[self.y, self.x + more] = token[3] if more == 0 else ""
                self.x += wide

    def width(self, char: str) -> int:
        if unicodedata.category(char) == "Mc" or "\U0001f1e6" <= char <= "\U0001f1ff":
            return 1
        return max(0, wcwidth(char))

    def at(self, x: int, count: int) -> str:
        return "".join(self.cells.get((3, x + more), " ") for more in range(count))


@pytest.mark.parametrize("cells", [4, 9, 16, 30])
def test_what_stands_behind_a_name_keeps_its_column(cells: int) -> None:
    for name in NAMES:
        shown = fit(name, cells)
        assert cell_len(shown) == cells, name
        assert most_cells(shown.rstrip()) <= cells, name
        terminal = PlainTerminal()
        terminal.write(steady(f"\x1b[3;5H\x1b[1m▌ {shown}\x1b[0m\x1b[31m10.3/10\x1b[0m│\x1b[3;9Hx"))
        assert terminal.at(7 + cells, 8) == "10.3/10│", name
        assert terminal.x == 10


def test_a_phrase_takes_blanks_only() -> None:
    """Half covered by a dialog, or wider than its place: never another's cells, and the cursor ends where it was."""
    terminal = PlainTerminal()
    terminal.write(steady("\x1b[3;1Hதமிழ்நாடு\x1b[44m│ dialog\x1b[0m"))
    assert terminal.at(1 + cell_len("தமிழ்நாடு"), 8) == "│ dialog"
    assert terminal.x == 1 + cell_len("தமிழ்நாடு") + 8
    two = steady("\x1b[3;1H\x1b[7mதமிழ்   \x1b[0mമലയാളം    end")
    assert "\x1b[7mதமிழ்" in two and two.count("\x1b[3;") == 4


def test_a_title_stands_apart_from_what_follows() -> None:
    terminal = PlainTerminal()
    row = SimpleNamespace(name=safe_text("സ്ത്രീശക്തി മലയാളം"), id="acc_1", suspicious=False)
    name = named(row, 40, Look(Styles(DARK), SETS["unicode"], False))
    terminal.write(steady(f"\x1b[3;1H\x1b[1m{name}\x1b[0m   \x1b[2mThe chain holds.\x1b[0m"))
    shown = terminal.at(1, 60)
    assert "   The chain holds." in shown and name.strip()[-1] in shown


def test_plain_output_passes_as_it_is() -> None:
    for data in ("\x1b[3;1H┃ Müller … €4,275 ■ ▲ ⇡ ✓ 株式会社 ﷺ"[:-1], "\x1b[?2026h", ""):
        assert steady(data) == data
    assert steady("తెలుగు") == "తెలుగు", "where the cursor is not known, nothing is placed"


def test_lines_break_where_no_terminal_overflows() -> None:
    assert all(most_cells(line) <= 24 for name in NAMES for line in wrap(f"{name} {name}", 24))


def test_the_app_writes_through_it(open_desk, app_of, monkeypatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "write", lambda self, data: written.append(data))
    made = steadied(HeadlessDriver)
    made.write(object.__new__(made), "\x1b[3;1Hతెలుగు x")
    assert written == [steady("\x1b[3;1Hతెలుగు x")] and written[0] != "\x1b[3;1Hతెలుగు x"
    assert app_of(open_desk()).get_driver_class().__name__.startswith("Steady")


@pytest.mark.parametrize("width", [80, 120])
def test_the_longest_hold_is_readable(width: int) -> None:
    now = datetime.now(UTC)
    row = dict.fromkeys(Change.__struct_fields__) | {"account_name": safe_text("Baltic"), "attempts": 0, "before": {}}
    row |= {"kind": "note", "params": {}, "state": State.HELD, "unknown": False, "authored_at": now}
    change = Change(**row | {"hold_until": now + timedelta(seconds=600), "reason": safe_text("")})
    look = Look(Styles(DARK), SETS["unicode"], False)
    assert "held 600s" in row_strip(change, None, width, look, False, now).text
