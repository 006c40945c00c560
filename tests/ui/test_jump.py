"""Jump mode: a letter over every row, tab, section, field and button in sight; the letter goes there."""

from typing import Any

from data.ports_list import View
from screens.jump import Jump
from widgets.form_button import FormButton
from widgets.open_list import OpenList


async def jumping(pilot: Any, app: Any, wait: Any) -> list[Any]:
    await pilot.press("ctrl+o")
    await wait(pilot, lambda: isinstance(app.screen, Jump) and app.screen.is_mounted)
    return list(app.screen._spots)


async def test_a_letter_goes_to_a_row_and_a_digit_to_a_tab(open_desk: Any, app_of: Any, wait: Any, seen: Any) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(120, 36)) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        inbox = app.screen
        spots = await jumping(pilot, app, wait)
        rows = [spot for spot in spots if not spot.key.isdecimal()]
        assert {spot.key for spot in spots} >= set("01234")
        assert len(rows) == min(inbox.list.total, inbox.list.size.height - 1)
        third = rows[2]
        assert seen(app).splitlines()[third.y][:30].startswith(f" {third.key} ")
        assert str(inbox.list.line_at(2).row.name)[:9] in seen(app).splitlines()[third.y]
        await pilot.press(third.key)
        await wait(pilot, lambda: app.screen is inbox)
        assert inbox.list.cursor == 2
        await jumping(pilot, app, wait)
        await pilot.press("2")
        await wait(pilot, lambda: app.screen is inbox and inbox.view is View.AT_CAP)
        await jumping(pilot, app, wait)
        await pilot.press("escape")
        await wait(pilot, lambda: app.screen is inbox)
        assert inbox.view is View.AT_CAP


async def test_in_forms_it_goes_to_fields_and_buttons(open_desk: Any, app_of: Any, wait: Any, seen: Any) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        await pilot.press("R")
        await wait(pilot, lambda: "Reason" in seen(app))
        form = app.screen
        spots = await jumping(pilot, app, wait)
        button = form.query_one("#cancel", FormButton)
        there = next(spot for spot in spots if (spot.x, spot.y) == tuple(button.content_region.offset))
        await pilot.press(there.key)
        await wait(pilot, lambda: app.screen is form and form.focused is button)


async def test_it_goes_to_sections_lists_and_menus(open_desk: Any, app_of: Any, wait: Any, seen: Any) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        await pilot.press("enter")
        await wait(pilot, lambda: app.screen.__class__.__name__ == "AccountScreen")
        page = app.screen.sheet
        await wait(pilot, lambda: page.scrolls)
        spots = await jumping(pilot, app, wait)
        assert len(spots) > 1
        await pilot.press(spots[1].key)
        await wait(pilot, lambda: page.top > 0)
        await pilot.press("full_stop")
        await wait(pilot, lambda: app.screen.__class__.__name__ == "RowMenu")
        menu = app.screen
        spots = await jumping(pilot, app, wait)
        await pilot.press(spots[3].key)
        await wait(pilot, lambda: app.screen is menu and menu._rows.at == 3)
        await pilot.press("escape", "a", "a")
        await wait(pilot, lambda: app.screen.query(OpenList) and app.screen.query_one(OpenList).positions[1] > 3)
        listed = app.screen.query_one(OpenList)
        spots = await jumping(pilot, app, wait)
        await pilot.press(spots[2].key)
        await wait(pilot, lambda: app.screen.query(OpenList) and listed.positions[0] == 3)
        await pilot.press("escape", "escape", "escape")
        await wait(pilot, lambda: app.screen.__class__.__name__ == "InboxScreen")
        await pilot.press("t")
        await wait(pilot, lambda: app.screen.__class__.__name__ == "PortfolioScreen" and app.screen.page.current)
        spots = await jumping(pilot, app, wait)
        before = app.screen_stack[-2].page.current
        await pilot.press(spots[-1].key)
        await wait(pilot, lambda: app.screen.__class__.__name__ == "PortfolioScreen")
        assert app.screen.page.current != before


async def test_without_colours_what_lies_below_stays_in_sight(
    open_desk: Any, app_of: Any, wait: Any, seen: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        await jumping(pilot, app, wait)
        assert " a " in seen(app) and "Blocked" in seen(app) and "R reset" in seen(app)
