"""Where am I: the title row says from where a screen was opened, as far as there is room."""

from typing import Any

from widgets.view_tabs import TitleTabs


async def test_each_screen_says_what_lies_below_it(open_desk: Any, app_of: Any, wait: Any, seen: Any) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        name = str(app.screen.list.current.row.name)[:12]
        await pilot.press("enter")
        await wait(pilot, lambda: " Inbox > Account   " in seen(app))
        await pilot.press("w")
        await wait(pilot, lambda: f" Inbox > {name}" in seen(app) and " > Why   " in seen(app))
        title = next(line for line in seen(app).splitlines() if " > Why   " in line)
        assert title.count(name) == 1  # the trail names the account, the facts need not
        await pilot.press("a")
        await wait(pilot, lambda: " > Why > Audit   " in seen(app))
        rule = app.screen.query_one(TitleTabs)
        assert rule.title == "Audit"
        await pilot.press("escape", "escape", "escape", "b")
        await wait(pilot, lambda: " Inbox > Outbox   " in seen(app))


async def test_on_a_narrow_screen_the_facts_go_first(open_desk: Any, app_of: Any, wait: Any, seen: Any) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: app.screen.list.current is not None)
        await pilot.press("enter", "w", "a")
        await wait(pilot, lambda: "Audit   " in seen(app))
        title = seen(app).splitlines()[1]
        assert len(title) <= 80 and "Audit   The chain holds up to entry" in title
