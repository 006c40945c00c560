"""My day on the screen: mine first, everyone's by a key, enter opens the case (R11, R12, H13)."""

from data.ports_cases import DueKind
from screens.account import AccountScreen
from screens.case import CaseScreen
from screens.my_day import MyDayScreen
from widgets.open_list import OpenList


async def test_R11_R12_d_shows_what_is_due_and_enter_opens_its_case(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.press("d")
        await wait(pilot, lambda: isinstance(app.screen, MyDayScreen) and "due" in seen(app))
        own = desk.my_day()
        assert f"{len(own.due)} due" in seen(app)
        await pilot.press("e")
        every = desk.my_day(True)
        await wait(pilot, lambda: "The team's day" in seen(app) and f"{len(every.due):,} due" in seen(app))
        listed = app.screen.query_one(OpenList)
        first = listed.current.value
        assert first == every.due[0]
        assert DueKind.MOVE in {one.kind for one in every.due}
        await pilot.press("enter")
        kind = AccountScreen if first.kind in (DueKind.MESSAGE, DueKind.FOLLOW_UP) else CaseScreen
        await wait(pilot, lambda: isinstance(app.screen, kind))


async def test_my_day_fits_80_columns(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("d", "e")
        await wait(pilot, lambda: "The team's day" in seen(app))
        due = desk.my_day(True).due[0]
        assert str(due.account_name)[:10] in seen(app) and all(len(line) <= 80 for line in seen(app).splitlines())
