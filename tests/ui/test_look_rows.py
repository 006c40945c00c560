"""Rows, marks and numbers: exact widths in every theme, glyph set and layout, with foreign scripts in the names."""

from datetime import date, timedelta

import msgspec
import pytest
from kit.rows import LOOKS, NOW, reading, row
from rich.cells import cell_len

from data.account import Claim, Staff
from data.assessment import Category, Logins, Row
from data.kept_screen import Panes
from data.ports_list import ListLine
from data.safe_text import SafeText, safe_text
from widgets import numbers, severity_badge
from widgets.arrangement import arrange
from widgets.columns import layout_for
from widgets.glyphs import ASCII, CONSOLE, SETS, UNICODE, pick
from widgets.login_sparkline import days_to, spark
from widgets.look import DEFAULT, Look
from widgets.row_strip import RowPainter, RowState
from widgets.usage_bar import bar
from widgets.why_now import why_now

WIDTHS = (60, 66, 79, 80, 85, 92, 99, 100, 113, 120, 131, 140, 152, 160, 240)
NAMES = (
    "Northwind Pilot",
    "千鳥研究所株式会社東京本店営業部第一課",
    "مستشفى الساحل للأطفال والنساء",
    "👨‍👩‍👧 Family & Co 🇩🇪 ❤️ Verein",
    "한글한글한글한글한글한글한글",
    "a\u200dbа\u200dбक\u094d\u200dष",
    "Zürich e\u0301tude क्षि [bold]x[/] [@click=quit]q[/]",
    "\x1b[31mred\x07",
    "",
)


def variety() -> list[Row]:
    near = reading(reason=Category.APPROACHING_CAP, used=0.9951, included=1.0, stopped=False)
    date_known = msgspec.structs.replace(near, projected_at=NOW + timedelta(days=2), by_projection=True)
    both = (Category.AT_CAP, Category.RECENTLY_DOWNGRADED)
    old = Logins(NOW - timedelta(days=800), 0, "none recent", (None, 0) * 15, date(2026, 11, 18))
    plain = [
        row(),
        row(category=Category.AT_CAP, reasons=both, workspaces=(reading(used=149.99, included=150.0),), mrr=0),
        row(category=Category.APPROACHING_CAP, reasons=(), workspaces=(near,), mrr=None, since=None),
        row(category=Category.APPROACHING_CAP, reasons=(), workspaces=(date_known,), mrr=12_399_999, logins=old),
        row(category=Category.RECENTLY_DOWNGRADED, downgraded_from=SafeText("changemaker"), workspaces=(), mrr=-5000),
        row(category=Category.RECENTLY_DOWNGRADED, downgrade_cause=SafeText("trial_ended"), currency=SafeText("CHF")),
        row(category=None, reasons=(), signals=("locked_not_listed",), logins=Logins(None, None, "unknown", (), None)),
        row(category=None, reasons=(), since=None, logins=Logins(None, 0, "none recent", (0,) * 30, None)),
        row(workspaces=(reading(used=12345.0, included=20000.0),), mrr=99_999_999_999, currency=None, suspicious=True),
        row(workspaces=(reading(used=None, included=None),), owner=Staff("s", SafeText("千鳥研究所 山田"), None)),
        row(claim=Claim("me", SafeText("Maya"), NOW + timedelta(hours=1))),
    ]
    return plain + [row(name=safe_text(name), tier=safe_text("千鳥研究所千鳥研究所")) for name in NAMES]


@pytest.mark.parametrize(
    "look", LOOKS, ids=lambda look: f"{look.glyphs.name}-{look.styles.palette and look.styles.palette.name}"
)
def test_every_row_is_exactly_as_wide_as_its_layout(look: Look) -> None:
    states = (RowState(), RowState(cursor=True, synced_at=NOW), RowState(stale=True, me="me"), RowState(True, True))
    for width in WIDTHS:
        painter = RowPainter(layout_for(width), look)
        assert painter.heads("EUR").cell_length == width
        for each in variety():
            for mark in ("", "!", "…", "⇡"):
                for state in states:
                    pieces, holds = painter.pieces(ListLine(each, mark), state, NOW)
                    assert sum(cell_len(look.glyphs.show(piece[0])) for piece in pieces) == width and holds > 0
                    assert painter.paint(ListLine(each, mark), state, NOW)[0].cell_length == width


@pytest.mark.parametrize(
    "look", LOOKS, ids=lambda look: f"{look.glyphs.name}-{look.styles.palette and look.styles.palette.name}"
)
def test_columns_stand_still_whatever_the_name(look: Look) -> None:
    """What follows the account begins in the same cell in every row."""
    painter = RowPainter(layout_for(100), look)
    starts = set()
    for name in NAMES:
        drawn, _ = painter.paint(ListLine(row(name=safe_text(name)), ""), RowState(), NOW)
        before = drawn.text[: drawn.text.index("pilot", 18 if "pilot" not in name.lower() else 30)]
        starts.add(cell_len(before))
    assert starts == {34}


@pytest.mark.parametrize(
    "look", LOOKS, ids=lambda look: f"{look.glyphs.name}-{look.styles.palette and look.styles.palette.name}"
)
def test_every_severity_cell_has_mark_and_word(look: Look) -> None:
    marks = set()
    for category, word in severity_badge.WORDS.items():
        text = "".join(piece[0] for piece in severity_badge.cell(row(category=category), look))
        mark = severity_badge.mark(category, look)
        assert text.startswith(f"{mark} {word}") and cell_len(text) == severity_badge.CELL
        marks.add(mark)
    assert len(marks) == 4


def test_no_row_has_a_glyph_outside_its_set() -> None:
    for look in LOOKS:
        if look.glyphs is ASCII:
            painter = RowPainter(layout_for(140), look)
            for each in variety():
                assert painter.paint(ListLine(each, "⇡"), RowState(cursor=True), NOW)[0].text.isascii()


@pytest.mark.parametrize(
    ("width", "name", "account"),
    [(80, "L80", 16), (87, "L80", 23), (99, "L80", 28), (100, "L100", 17), (119, "L100", 29), (120, "L120", 25)]
    + [(140, "L140", 26), (160, "L140", 38), (60, "reduced", 23), (79, "reduced", 42)],
)
def test_layouts_and_spare_columns(width: int, name: str, account: int) -> None:
    layout = layout_for(width)
    assert (layout.name, layout.account) == (name, account)


@pytest.mark.parametrize(
    ("width", "height", "layout", "right", "bottom"),
    [(80, 24, "L80", 0, 8), (100, 30, "L100", 0, 8), (120, 36, "L80", 40, 0), (140, 40, "L100", 40, 0)]
    + [(160, 40, "L120", 40, 0), (180, 40, "L120", 60, 0), (200, 50, "L140", 60, 0), (79, 24, "reduced", 0, 0)],
)
def test_where_the_pane_goes(width: int, height: int, layout: str, right: int, bottom: int) -> None:
    made = arrange(width, height, Panes())
    assert (made.right, made.bottom, made.too_small) == (right, bottom, False)
    assert layout_for(width - made.right).name == layout
    assert arrange(59, 40, Panes()).too_small and arrange(80, 15, Panes()).too_small


def test_why_now() -> None:
    def said(**over) -> str:
        return why_now(row(**over), NOW, DEFAULT)[0]

    near = reading(reason=Category.APPROACHING_CAP, used=8.4, projected_at=NOW + timedelta(days=2, minutes=1))
    dropped = {"category": Category.RECENTLY_DOWNGRADED, "since": NOW - timedelta(days=6)}
    assert said() == "stopped 17h"
    assert (
        said(category=Category.AT_CAP, workspaces=(reading(stopped=False),), since=NOW - timedelta(days=6))
        == "capped 6d"
    )
    assert said(category=Category.APPROACHING_CAP, workspaces=(near,)) == "cap in 2d 23 Nov"
    two = (Category.APPROACHING_CAP, Category.RECENTLY_DOWNGRADED)
    assert said(category=Category.APPROACHING_CAP, workspaces=(near,), reasons=two) == "cap in 2d +▽"
    ratio = reading(reason=Category.APPROACHING_CAP, used=8.4)
    assert said(category=Category.APPROACHING_CAP, workspaces=(ratio,)) == "84 %, no date"
    assert said(downgraded_from=SafeText("guardian"), tier=SafeText("innovator"), **dropped) == "guard→innov 6d"
    assert said(downgrade_cause=SafeText("trial_ended"), **dropped) == "trial ended 6d"
    assert said(category=None, signals=("locked_not_listed",)) == "locked"
    assert said(category=None, signals=("clock_skew",)) == "clock skew"


@pytest.mark.parametrize(
    ("used", "included", "cell"),
    [(0.98, 1, "0.98/1 "), (10.2, 10, "10.2/10"), (120, 150, "120/150"), (0.9951, 1, "0.99/1 "), (9.999, 10, "9.99/10")]
    + [(1.0, 1, "1.00/1 "), (4.1, None, "4.10/∞ "), (99.97, 100, " 99/100"), (149.99, 150, "149/150")],
)
def test_hours_round_down_below_the_cap(used: float, included: float | None, cell: str) -> None:
    assert numbers.hours_cell(used, included, True) == cell


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (427500, "€4,275"),
        (1_240_000, "€12.4k"),
        (12_400_000, "€124k"),
        (120_000_000, "€1.2m"),
        (12_400_000_000, "€124m"),
    ]
    + [(0, "€0"), (None, "–"), (999_950, "€10.0k"), (-5000, "−€50"), (9_996_000, "€100k"), (99_960_000, "€1.0m")],
)
def test_money_in_rows(minor: int | None, text: str) -> None:
    assert numbers.money(minor, "EUR") == text and cell_len(text) <= 6


def test_money_without_a_one_cell_symbol_is_digits_and_the_pane_names_it() -> None:
    assert numbers.money(120_000, "CHF") == "1,200" and numbers.money_words(120_000, "CHF") == "CHF 1,200"
    assert numbers.money(34900, "EUR", CONSOLE) == "349" and numbers.money_words(34900, "EUR", CONSOLE) == "EUR 349"
    assert numbers.money_exact(82500, "EUR") == "€825.00" and numbers.money_exact(82500, "JPY") == "¥82,500"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(14, "14s"), (2400, "40m"), (61200, "17h"), (1814400, "21d"), (8467200, "14w"), (63072000, "2y")],
)
def test_ages_have_one_unit_and_three_characters(seconds: int, text: str) -> None:
    assert numbers.age(seconds) == text
    until = numbers.age_until(seconds)[1]
    assert numbers.age(seconds + until - 0.01) == text != numbers.age(seconds + until + 0.01)
    assert all(len(numbers.age(s)) <= 3 for s in range(0, 10 * numbers.YEAR, 86_399))


def test_a_bar_never_reaches_the_end_below_the_cap() -> None:
    for glyphs in SETS.values():
        look = Look(DEFAULT.styles, glyphs)
        for width in (5, 8, 10):
            full, nearly = bar(10.0, 10.0, width, look), bar(9.999, 10.0, width, look)
            assert "".join(piece[0] for piece in full) == glyphs.full * width
            assert "".join(piece[0] for piece in nearly) != glyphs.full * width
            assert sum(cell_len(piece[0]) for piece in nearly) == width
    assert bar(4.0, None, 5, DEFAULT)[0][0] == "     "


def test_A8_sparklines_have_one_scale_and_unknown_is_blank() -> None:
    values = (0, 1, 2, 3, 4, 5, None)
    text = "".join(piece[0] for piece in spark(tuple(values) + (0,) * 23, 30, DEFAULT))
    assert text[:7] == "▁▄▅▆▆▇ " and "█" not in text and len(text) == 30
    assert "".join(p[0] for p in spark((1, 0, 0, 0, 0) * 6, 6, DEFAULT)) == "▂" * 6
    digits = Look(DEFAULT.styles, ASCII)
    assert "".join(p[0] for p in spark((12, 0, None) + (1,) * 27, 30, digits))[:4] == "9.?1"
    assert "".join(p[0] for p in spark((None,) * 30, 6, DEFAULT)).strip() == ""
    late = Logins(NOW, 3, "some", (1,) * 30, date(2026, 11, 18))
    assert days_to(late, date(2026, 11, 20))[-2:] == (None, None)


def test_which_glyph_set() -> None:
    assert pick("auto", {"TERM": "linux"}, "utf-8") is CONSOLE
    assert pick("auto", {"TERM": "vt220"}, "utf-8") is ASCII and pick("auto", {"TERM": "xterm"}, "latin-1") is ASCII
    assert pick("auto", {"TERM": "xterm"}, "UTF-8") is UNICODE and pick("ascii", {"TERM": "xterm"}, "UTF-8") is ASCII
    for glyphs in SETS.values():
        for field, value in msgspec.structs.asdict(glyphs).items():
            if isinstance(value, str) and field not in ("name", "spark", "quotes", "becomes", "no_cap", "half"):
                assert cell_len(value) == 1, field
