"""Orders that are kept, saved views and chosen columns: by key, over a restart, and never written into the config."""

import stat
import tomllib
from typing import Any

import pytest
from kit.rows import LOOKS, NOW, row
from rich.cells import cell_len

from data.kept import FILE, Column, Kept, read_kept
from data.ports_list import ListLine, Sort, View
from data.saved_view import SavedView, toml_lines
from screens.columns_form import ColumnsForm
from screens.views_picker import ViewsPicker
from triage.config_views import saved_views
from widgets.chosen_columns import HEADS, chosen_layout
from widgets.row_strip import RowPainter, RowState

MINE = SavedView("of-config", View.BOOK, "health:high", Sort.RENEWAL, ("account", "mrr", "health"))


async def test_an_order_is_kept_for_its_view_over_a_restart(open_desk, app_of, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("s")
        assert "by MRR" in seen(app)
        await pilot.press("9", "s", "s")
        assert "by health" in seen(app)
        await pilot.press("0")
        assert app.screen.sort is Sort.MRR
    path = desk.session.place.state_dir / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    app = app_of(open_desk())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause(0.1)
        assert app.screen.sort is Sort.MRR and "by MRR" in seen(app)
        await pilot.press("9")
        assert app.screen.sort is Sort.HEALTH
        await pilot.press("7")
        assert app.screen.sort is Sort.SEVERITY


@pytest.mark.parametrize("spoilt", [b"", b"{", b"\xff\xfe", b'{"sorts": 3}', b'{"sorts": {"0": "sideways"}}'])
async def test_a_spoilt_file_of_what_was_kept_stops_nobody(open_desk, app_of, spoilt) -> None:
    desk = open_desk()
    (desk.session.place.state_dir / FILE).write_bytes(spoilt)
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.1)
        assert app.screen.sort is Sort.SEVERITY and app.screen.list.total


async def test_a_list_is_named_opened_copied_and_forgotten(open_desk, app_of, seen, wait, typed) -> None:
    desk = open_desk(views=(MINE,))
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("9", "slash")
        await typed(pilot, "red:yes")
        await pilot.press("enter", "s", "V")
        await wait(pilot, lambda: isinstance(app.screen, ViewsPicker))
        assert "of-config" in seen(app) and "config" in seen(app)
        await pilot.press("s")
        await typed(pilot, "of-config")
        await pilot.press("enter")
        assert "is a view of the config" in seen(app)
        await pilot.press(*["backspace"] * 9)
        await typed(pilot, "red-ones")
        await pilot.press("enter")
        kept = SavedView("red-ones", View.BOOK, "red:yes", Sort.MRR)
        assert desk.kept().views == (kept,)
        assert 'filter = "red:yes"' in seen(app)
        await pilot.press("y")
        table = tomllib.loads(app._clipboard)["views"]
        assert saved_views(table) == (kept,)
        await pilot.press("k", "enter")
        await wait(pilot, lambda: not isinstance(app.screen, ViewsPicker))
        assert (app.screen.view, app.screen.text, app.screen.sort) == (View.BOOK, "health:high", Sort.RENEWAL)
        assert "Usage monitor" not in seen(app) and "Health" in seen(app)
        await pilot.press("0")
        assert app.screen.list.columns == ()
    again = open_desk(views=(MINE,))
    assert again.kept().views == (kept,)
    app = app_of(again)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("V")
        await wait(pilot, lambda: isinstance(app.screen, ViewsPicker))
        await pilot.press("x")
        assert "which only you write" in seen(app)
        await pilot.press("j", "x")
        assert "Forgot red-ones." in seen(app) and again.kept().views == ()


async def test_columns_are_chosen_ordered_widened_and_kept(open_desk, app_of, seen, wait) -> None:
    desk = open_desk(columns=(Column("account", 30), Column("mrr")))
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        heads = seen(app).split("\n")[3]
        assert heads.split() == ["Account", "MRR"], "those of the config"
        await pilot.press("S")
        await wait(pilot, lambda: isinstance(app.screen, ColumnsForm))
        await pilot.press("space")
        assert "nobody knows what a row is about" in seen(app)
        await pilot.press("plus", "j", "K", "G", "j", "space", "enter")
        await wait(pilot, lambda: not isinstance(app.screen, ColumnsForm))
        kept = desk.kept().columns
        assert [one.name for one in kept][:2] == ["mrr", "account"] and kept[1].cells == 32
    app = app_of(open_desk())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        assert seen(app).split("\n")[3].split()[:2] == ["MRR", "Account"]
        await pilot.press("S", "u")
        await wait(pilot, lambda: "Why now" in seen(app))
        assert read_kept(desk.session.place.state_dir) == Kept()


EVERY = tuple(Column(name) for name in HEADS)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.glyphs.name}-{look.styles.palette is None}")
@pytest.mark.parametrize("width", [20, 40, 60, 79, 80, 100, 120, 140, 200, 240])
def test_chosen_columns_fill_any_width_exactly(look: Any, width: int) -> None:
    for columns in (EVERY, EVERY[::-1], (Column("why"),), (Column("tier", 60), Column("account", 60)), ()):
        layout = chosen_layout(width, columns)
        assert "account" in dict(layout.order)
        painter = RowPainter(layout, look)
        for state in (RowState(), RowState(cursor=True, marked=True), RowState(gone=True), RowState(stale=True)):
            drawn, _ = painter.paint(ListLine(row(), "!", ("usage",)), state, NOW)
            assert drawn.cell_length == width
        assert cell_len("".join(part.text for part in painter.heads("EUR"))) == width


def test_columns_give_way_from_the_last_one_back() -> None:
    wide = [name for name, _ in chosen_layout(400, EVERY).order]
    assert wide == [*HEADS]
    for width in range(200, 40, -1):
        shown = [name for name, _ in chosen_layout(width, EVERY).order]
        assert shown == wide[: len(shown)] or shown == [*wide[: len(shown) - 1], "account"]
    assert dict(chosen_layout(200, (Column("account", 30),)).order)["account"] == 30, "a width that was asked for"
    assert dict(chosen_layout(200, (Column("nobody"), Column("account"))).order) == {"account": 32}


def test_toml_lines_are_read_as_the_view_they_came_from() -> None:
    for text in ("", 'industry:"public sector"', "back\\slash \x7f é", "a" * 50):
        saved = SavedView("v", View.DRIFT, text, Sort.LAST_LOGIN, ("account", "why"))
        assert saved_views(tomllib.loads("\n".join(toml_lines(saved)))["views"]) == (saved,)


def test_two_open_apps_do_not_take_each_others_settings_away(open_desk) -> None:
    one, other = open_desk(), open_desk()
    assert one.kept() == other.kept() == Kept()
    assert one.keep(Kept(sorts={"0": "mrr"})) and other.keep(Kept(columns=(Column("mrr"),)))
    assert read_kept(one.session.place.state_dir) == Kept(sorts={"0": "mrr"}, columns=(Column("mrr"),))
