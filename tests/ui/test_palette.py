"""The palette: every command of the present screen by a few letters, typed commands, and every account."""

from typing import Any

import pytest

from data.ports_list import Sort, View
from data.remedy import REMEDIES
from data.saved_view import SavedView
from screens.palette import CommandRows, Palette

SIZE = (120, 36)


def rows(app: Any) -> list[Any]:
    return list(app.screen.query_one(CommandRows).commands)


async def opened(pilot: Any, app: Any, wait: Any, key: str = "colon") -> None:
    await wait(pilot, lambda: app.screen.__class__.__name__ != "Screen" and app.screen.is_mounted)
    await pilot.press(key)
    await wait(pilot, lambda: isinstance(app.screen, Palette) and rows(app))


async def test_it_offers_all_that_works_here_with_its_keys(open_desk: Any, app_of: Any, wait: Any, seen: Any) -> None:
    app = app_of(open_desk(), keymap={"do.reset_usage": "X"})
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, wait, "ctrl+p")
        words = {one.words: one for one in rows(app)}
        assert words["Reset usage"].key == "X" and words["Outbox"].key == "b"
        assert len([one for one in rows(app) if "remedy(" in str(one.run)]) == len(REMEDIES)
        typed = {one.typed[0] for one in rows(app)}
        assert {"reset", "q", "view red", "view book", "sort mrr", "theme dark", "theme light", "undo"} <= typed
        assert "theme dracula" in typed  # Textual's own
        drawn = seen(app)
        assert "Commands" in drawn and "enter does it" in drawn and "X" in drawn
        await pilot.press("escape")
        await pilot.press("b")
        await wait(pilot, lambda: app.screen.__class__.__name__ == "OutboxScreen")
        await opened(pilot, app, wait)
        typed = {one.typed[0] for one in rows(app)}
        assert "theme dark" in typed and "push" in typed
        assert not {"reset", "view red", "sort mrr"} & typed  # nothing that does not work here


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (":reset", lambda app: app.screen.__class__.__name__ == "RemedyForm"),
        ("view red", lambda app: app.screen.view is View.RED),
        ("sort mrr", lambda app: app.screen.sort is Sort.MRR),
        ("theme light", lambda app: app.theme == "triage-light"),
        ("help", lambda app: app.screen.__class__.__name__ == "HelpScreen"),
        ("outb", lambda app: app.screen.__class__.__name__ == "OutboxScreen"),
        ("prtfl", lambda app: app.screen.__class__.__name__ == "PortfolioScreen"),
    ],
)
async def test_a_typed_command_is_done(
    open_desk: Any, app_of: Any, wait: Any, typed: Any, line: str, holds: Any
) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=SIZE) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        await opened(pilot, app, wait)
        await typed(pilot, line)
        await pilot.press("enter")
        await wait(pilot, lambda: holds(app))


async def test_q_quits_and_esc_does_nothing(open_desk: Any, app_of: Any, wait: Any, typed: Any) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, wait)
        await typed(pilot, "q")
        assert rows(app)[0].typed[0] == "q"
        await pilot.press("escape")
        await wait(pilot, lambda: not isinstance(app.screen, Palette))
        await opened(pilot, app, wait)
        await typed(pilot, "q")
        await pilot.press("enter")
        await wait(pilot, lambda: not app.is_running)


async def test_an_account_is_found_by_name_and_by_id(
    open_desk: Any, app_of: Any, wait: Any, typed: Any, seen: Any
) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=SIZE) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        row = desk.open_list(View.BOOK, Sort.NAME, "").window(17, 18)[0].row
        await opened(pilot, app, wait)
        await typed(pilot, row.id)
        await wait(pilot, lambda: rows(app) and row.name in rows(app)[0].words)
        await pilot.press("enter")
        await wait(pilot, lambda: app.screen.__class__.__name__ == "AccountScreen")
        assert row.name in seen(app)
        await opened(pilot, app, wait)
        await typed(pilot, f"go {row.name.split()[0]}")
        await wait(pilot, lambda: rows(app) and rows(app)[0].words.startswith("Go to"))


async def test_arrows_move_and_the_height_stands_still(open_desk: Any, app_of: Any, wait: Any, typed: Any) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, wait)
        height = app.screen.query_one("#palette").size.height
        await pilot.press("down", "down", "ctrl+n", "up")
        assert app.screen.query_one(CommandRows).at == 2
        await pilot.press("pagedown", "pagedown")
        assert app.screen.query_one(CommandRows).at == 22
        await typed(pilot, "zzzz")
        assert not rows(app) and app.screen.query_one("#palette").size.height == height
        await pilot.press("enter")
        assert isinstance(app.screen, Palette)


async def test_a_saved_view_of_the_config_is_opened_by_its_name(
    open_desk: Any, app_of: Any, wait: Any, typed: Any
) -> None:
    renewals = SavedView(name="renewals", view=View.BOOK, filter="a", sort=Sort.NAME)
    app = app_of(open_desk(views=(renewals,)))
    async with app.run_test(size=SIZE) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        await opened(pilot, app, wait)
        await typed(pilot, "renewals")
        assert rows(app)[0].words == "View: renewals"
        await pilot.press("enter")
        await wait(pilot, lambda: app.screen.__class__.__name__ == "InboxScreen" and app.screen.view is View.BOOK)
        assert (app.screen.text, app.screen.sort) == ("a", Sort.NAME)
