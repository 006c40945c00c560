"""Rows, tabs and the header with what the four health systems say: clocks, drift, causes, exact widths everywhere."""

from datetime import UTC, date, datetime, timedelta

import pytest
from kit.rows import LOOKS, NOW, reading, row
from rich.cells import cell_len

from data.assessment import Category, HealthLine, MonitorLine, RedLine, Row, TreeLine
from data.health_index import Risk
from data.health_monitor import MonitorState
from data.ports_list import ListLine, View
from widgets import numbers, severity_badge
from widgets.columns import SYSTEMS, layout_for
from widgets.glyphs import ASCII, CONSOLE, UNICODE
from widgets.header_line import clocks_late
from widgets.look import DEFAULT, Look
from widgets.row_strip import RowPainter, RowState
from widgets.view_tabs import Tab, ViewTabs
from widgets.why_now import CELL, why_now

CAUSES = ("composite", "usage", "relationship", "support", "financial", "adoption", "product")
CALM = {"category": None, "reasons": (), "workspaces": (reading(reason=None, used=1.0, stopped=False),)}


def drifting(ratio: float | None = 0.4287, state: MonitorState = MonitorState.SEVERE, days: int = 5) -> MonitorLine:
    return MonitorLine(state, ratio, 40.0, date(2026, 11, 21) - timedelta(days=days))


def red(hours: float | None = 3.0, *causes: str) -> RedLine:
    due = None if hours is None else NOW + timedelta(hours=hours)
    return RedLine(True, causes or ("usage",), 38.0, due, "assessment" if due else None)


def variety() -> list[Row]:
    found = [row(**CALM, monitor=MonitorLine(state, ratio)) for state in MonitorState for ratio in (None, 0.0, 1234.5)]
    found += [
        row(**CALM, red=red(hours, *CAUSES[:count])) for hours in (None, -1e5, -10, 0, 9, 1e5) for count in (1, 7)
    ]
    found += [row(health=HealthLine(score, risk)) for risk in Risk for score in (0.0, 100.0, 53.94)]
    found += [row(health=HealthLine()), row(tree=TreeLine("UNDETERMINED", "HEALTHY", "NEEDS_ATTENTION"))]
    leaves = ("HEALTHY", "AT_RISK", "NEEDS_ATTENTION", "CRITICAL", "A_LEAF_OF_ONES_OWN_TREE")
    found += [row(tree=TreeLine(leaf, leaf, leaf), red=red(-2), monitor=drifting()) for leaf in leaves]
    return found


@pytest.mark.parametrize(
    "look", LOOKS, ids=lambda look: f"{look.glyphs.name}-{look.styles.palette and look.styles.palette.name}"
)
def test_every_row_is_exactly_as_wide_as_its_layout_in_every_view(look: Look) -> None:
    for width in (60, 80, 100, 120, 140, 169, 170, 188, 207, 260):
        painter = RowPainter(layout_for(width), look)
        assert painter.heads("EUR").cell_length == width
        for each in variety():
            for state in (RowState(view=View.DRIFT), RowState(True, view=View.RED), RowState(gone=True, stale=True)):
                pieces, holds = painter.pieces(ListLine(each, "!"), state, NOW)
                assert sum(cell_len(look.glyphs.show(piece[0])) for piece in pieces) == width and holds > 0
                assert painter.paint(ListLine(each, ""), state, NOW)[0].cell_length == width
                if look.glyphs is ASCII:
                    assert painter.paint(ListLine(each, ""), state, NOW)[0].text.isascii()


@pytest.mark.parametrize(("width", "systems"), [(152, 0), (169, 0), (170, 1), (187, 1), (188, 2), (207, 3), (300, 3)])
def test_systems_take_only_what_no_layout_and_no_account_needs(width: int, systems: int) -> None:
    layout = layout_for(width)
    assert (layout.name, layout.account, layout.systems) == ("L140", 38, systems)
    heads = RowPainter(layout, DEFAULT).heads("").text
    assert [name in heads for name, _ in SYSTEMS] == [number < systems for number in range(len(SYSTEMS))]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3 * 3600 + 5, "3h"), (23.9 * 3600, "23h"), (14 * 86400 + 5, "14d"), (1.5, "1s"), (0, "−1m"), (-59, "−1m")]
    + [(-9.9 * 60, "−9m"), (-600, "−1h"), (-2.5 * 3600, "−2h"), (-10 * 3600, "−1d"), (-6.9 * 86400, "−6d")]
    + [(-7 * 86400, "−1w"), (-900 * 86400, "−9w")],
)
def test_R11_the_clock_fits_three_cells(seconds: float, text: str) -> None:
    said, holds = numbers.left_until(seconds)
    assert said == text and len(said) <= 3
    assert numbers.left_until(seconds - holds + 0.01)[0] == text
    assert numbers.left_until(seconds, CONSOLE)[0] == text.replace("−", "-")


@pytest.mark.parametrize(
    ("hours", "text", "bold"), [(25, "1d", False), (24, "1d", True), (3, "3h", True), (-2, "−2h", True)]
)
def test_R11_a_red_account_has_a_clock_bold_from_24_h(hours: float, text: str, bold: bool) -> None:
    painter = RowPainter(layout_for(80), DEFAULT)
    pieces, _ = painter.pieces(ListLine(row(**CALM, red=red(hours)), ""), RowState(), NOW)
    clock = next(piece for piece in pieces if piece[0].strip() == text)
    assert len(clock[0]) == 3 and clock[1].endswith("bold") is bold
    calm, _ = painter.pieces(ListLine(row(**CALM, red=RedLine(False, sla_due_at=NOW)), ""), RowState(), NOW)
    assert not any(piece[0].strip() == text for piece in calm)
    later = NOW + timedelta(seconds=painter.pieces(ListLine(row(**CALM, red=red(hours)), ""), RowState(), NOW)[1] + 1)
    assert painter.paint(ListLine(row(**CALM, red=red(hours)), ""), RowState(), later)[0].text is not None


def test_M8_M12_why_now_of_a_drift() -> None:
    def said(line: MonitorLine, view: View = View.DRIFT, **over: object) -> str:
        return why_now(row(monitor=line, **over), NOW, DEFAULT, view)[0]

    assert said(drifting()) == "R 0.42 severe 5d"
    assert said(drifting(days=0)) == "R 0.42 severe"
    assert said(drifting(days=12)) == "R 0.42 severe", "the days go first where the room is needed"
    assert said(drifting(0.5999, MonitorState.MODERATE)) == "R 0.59 moderate", "never rounded up to the line"
    assert said(drifting(0.3999)) == "R 0.39 severe 5d"
    assert said(drifting(None)) == "severe 5d"
    assert said(drifting(), View.BOOK, **CALM) == "R 0.42 severe 5d"
    assert said(drifting(), View.AT_RISK) == "stopped 17h", "capacity first in the at-risk views"
    assert said(drifting(), View.SIGNALS, **CALM | {"signals": ("locked_not_listed",)}) == "locked"
    holds = why_now(row(monitor=drifting()), NOW, DEFAULT, View.DRIFT)[1]
    assert NOW + timedelta(seconds=holds) == datetime(2026, 11, 22, tzinfo=UTC)


def test_R3_why_now_of_a_red_account() -> None:
    def said(*causes: str, view: View = View.RED, **over: object) -> str:
        line = RedLine(True, causes, 38.0, NOW, "plan")
        return why_now(row(red=line, **over), NOW, DEFAULT, view)[0]

    assert said("usage") == "usage" and said("usage", "support") == "usage, support"
    assert said("relationship", "usage", "support") == "relationship +2"
    assert said() == "no cause now", "14 days must pass (R14)"
    assert said("usage", view=View.BOOK, **CALM) == "usage"
    assert said("usage", view=View.DRIFT, monitor=drifting(), **CALM) == "R 0.42 severe 5d"
    assert all(len(said(*CAUSES[:n])) <= CELL for n in range(1, 8))


@pytest.mark.parametrize("glyphs", [UNICODE, CONSOLE, ASCII], ids=lambda glyphs: glyphs.name)
def test_every_cell_has_mark_and_word_whatever_speaks_about_the_account(glyphs) -> None:
    look = Look(DEFAULT.styles, glyphs)

    def cell(view: View = View.BOOK, **over: object) -> str:
        return "".join(piece[0] for piece in severity_badge.cell(row(**over), look, view=view)).rstrip()

    assert cell(**CALM, red=red()) == f"{glyphs.red} Red"
    assert cell(**CALM, monitor=drifting()) == f"{glyphs.blocked} Drift"
    assert cell(**CALM, monitor=drifting(0.5, MonitorState.MODERATE)) == f"{glyphs.cap} Drift"
    assert cell(**CALM, monitor=drifting(), red=red()) == f"{glyphs.red} Red"
    assert cell(View.DRIFT, **CALM, monitor=drifting(), red=red()) == f"{glyphs.blocked} Drift"
    assert cell(category=Category.AT_CAP, red=red()) == f"{glyphs.cap} At cap"
    assert cell(**CALM).strip() == "Not stuck" and cell(**CALM, signals=("clock_skew",)).strip() == "Signal"


def placed(width: int, active: str) -> tuple[list[str], str]:
    tabs = ViewTabs()
    views = ("0 At risk", "1 Blocked", "2 At cap", "3 Near cap", "4 Downgraded")
    aside = ("5 Signals", "6 Drift", "7 Red", "9 Book")
    made = [
        Tab(one[0], "■" if one[0] in "12347" else "", "text", one[2:], 12, aside=one in aside)
        for one in (*views, *aside)
    ]
    tabs._tabs, tabs._active = tuple(made), active
    text = tabs.paint(width, 1, DEFAULT)[0].text
    return [key for *_, key in tabs._spans], text


@pytest.mark.parametrize(
    ("width", "beside"),
    [(70, ""), (80, "7"), (100, "7"), (119, "567"), (125, "5679"), (140, "5679"), (200, "5679")],
)
def test_tabs_go_in_the_order_book_drift_signals_red(width: int, beside: str) -> None:
    keys, text = placed(width, "0")
    assert "".join(keys) == "01234" + beside and cell_len(text) == width
    for active in "012345679":
        keys, text = placed(width, active)
        assert active in keys, "the view one is in never goes"
        assert cell_len(text) == width
        assert sorted(keys) == sorted(set(keys))


def test_R11_the_header_counts_clocks_that_ran_out() -> None:
    assert clocks_late(1) == "1 clock late" and clocks_late(1200) == "1,200 clocks late"
    assert clocks_late(2, narrow=True) == "2 late"
