"""The portfolio screen on the real stack: every number reached by keys, the list behind it, nothing blocked."""

import threading

import pytest
from msgspec.structs import asdict

from data.ports_list import View
from screens import portfolio as screen_module
from screens.portfolio import PortfolioScreen
from widgets.glyphs import SETS
from widgets.portfolio_page import PortfolioPage

SIZES = ((80, 24), (100, 30), (120, 36), (140, 40), (200, 50))


async def opened(pilot, wait, app):
    await pilot.pause(0.1)
    await pilot.press("t")
    await wait(pilot, lambda: isinstance(app.screen, PortfolioScreen) and app.screen.query(PortfolioPage))
    await wait(pilot, lambda: app.screen.page.current is not None)
    return app.screen.page


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_H8_H9_H10_the_figures_stand_there_and_lines_are_exact(size, open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    report = desk.portfolio()
    app = app_of(desk)
    async with app.run_test(size=size) as pilot:
        page = await opened(pilot, wait, app)
        await pilot.pause()
        drawn = seen(app)
        assert "Portfolio" in drawn and f"{report.scored.mean:.1f}" in drawn
        assert f"{report.scored.scored.accounts} scored" in drawn and "■ Critical" in drawn
        assert "! Red" in drawn if report.red.kpis.share.met is False else "Red" in drawn
        lines = app.screen._compositor.render_strips()
        assert all(sum(piece.cell_length for piece in line) == size[0] for line in lines)
        await pilot.press("j", "j", "k", "ctrl+d", "G")  # the last number comes into view too
        await pilot.pause()
        assert page.current.account_id == report.urgent[4 if size[1] < 50 else -1].id or size[1] >= 50
        assert "Highest priority" in seen(app) or size == (80, 24)


async def test_every_number_is_reached_by_keys_and_says_what_it_opens(open_desk, app_of, wait, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(140, 40)) as pilot:
        page = await opened(pilot, wait, app)
        await pilot.press("g")
        names = []
        while page.current.name not in names:
            names.append(page.current.name)
            page.action_beside(1)  # what `l` does: a key press of the pilot waits for the whole screen each time
        every = {one.spot.name for one in page._placed}
        assert set(names) == every and len(every) > 40
        await pilot.press("h", "l")
        assert page.current.name == names[-1]
        parts = set()
        for _ in range(8):
            await pilot.press("tab")
            parts.add(page._at().part)
        assert parts == {one.part for one in page._placed}
        assert "enter opens" in seen(app)


@pytest.mark.parametrize("name", ["at risk", "red", "band low", "maturing", "alone"])
async def test_enter_opens_the_list_behind_a_number_in_the_inbox(name, open_desk, app_of, wait, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(120, 36)) as pilot:
        page = await opened(pilot, wait, app)
        for _ in page._placed:
            if page.current.name != name:
                page.action_beside(1)
        await pilot.press("enter")
        await wait(pilot, lambda: not isinstance(app.screen, PortfolioScreen))
        spot = page.current  # as it was read last; one of them holds the time of reading
        assert spot.name == name
        assert (app.screen.view, app.screen.text) == (View(spot.behind.view), spot.behind.text)
        assert app.screen.list.total == spot.behind.accounts > 0
        await pilot.press("t")  # and back to the very number
        await wait(pilot, lambda: isinstance(app.screen, PortfolioScreen) and app.screen.page.current is not None)
        assert app.screen.page.current.name == name


async def test_H12_enter_on_a_priority_opens_the_account(open_desk, app_of, wait, seen) -> None:
    from screens.account import AccountScreen

    app = app_of(open_desk())
    async with app.run_test(size=(140, 40)) as pilot:
        page = await opened(pilot, wait, app)
        await pilot.press("G")
        chosen = page.current.account_id
        await pilot.press("enter")
        await wait(pilot, lambda: isinstance(app.screen, AccountScreen))
        assert app.screen.target() == chosen
        await pilot.press("escape")
        await wait(pilot, lambda: isinstance(app.screen, PortfolioScreen))


async def test_a_large_book_is_read_beside_and_typing_goes_on(open_desk, app_of, wait, seen, monkeypatch) -> None:
    """The reading waits in the middle of the book; meanwhile keys work and the count stands there in words."""
    desk = open_desk()
    monkeypatch.setattr(screen_module, "AT_ONCE", 0)
    go_on = threading.Event()
    really = desk.portfolio

    def slowly(progress):
        progress(60)
        assert go_on.wait(20)
        return really(progress)

    monkeypatch.setattr(desk, "portfolio", slowly)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.1)
        await pilot.press("t")
        await wait(pilot, lambda: "Reading the book, 60 of 150" in seen(app))
        await pilot.press("question_mark")
        await wait(pilot, lambda: not isinstance(app.screen, PortfolioScreen))
        await pilot.press("escape")
        await wait(pilot, lambda: isinstance(app.screen, PortfolioScreen))
        go_on.set()
        await wait(pilot, lambda: "Risk by index" in seen(app))


async def test_leaving_while_the_book_is_read_harms_nobody(open_desk, app_of, wait, monkeypatch) -> None:
    desk = open_desk()
    monkeypatch.setattr(screen_module, "AT_ONCE", 0)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.1)
        await pilot.press("t", "escape")
        await pilot.pause(0.3)
        assert not isinstance(app.screen, PortfolioScreen)


@pytest.mark.parametrize("glyphs", SETS)
async def test_every_glyph_set_draws_the_page_with_its_own_marks(glyphs, open_desk, app_of, wait, seen) -> None:
    app = app_of(open_desk(), glyphs=glyphs)
    ours = {char for value in asdict(SETS[glyphs]).values() if isinstance(value, str) for char in value}
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, wait, app)
        drawn = seen(app)
        marks = {c for c in drawn if not c.isascii() and not c.isalpha()} - ours
        assert marks <= (set("€£¥’–") if glyphs == "unicode" else set("–’") if glyphs == "console" else set()), marks
        assert f"{SETS[glyphs].blocked} Critical" in drawn


async def test_before_the_first_sync_it_says_so(open_desk, app_of, wait, seen) -> None:
    app = app_of(open_desk(home="empty", synced=False, url="http://127.0.0.1:9"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        await pilot.press("t")
        await wait(pilot, lambda: "No data yet" in seen(app) and isinstance(app.screen, PortfolioScreen))
        await pilot.press("j", "enter", "tab", "escape")
        await pilot.pause()
        assert not isinstance(app.screen, PortfolioScreen)
