"""Read-only in the app: the keys are hidden, pressed they say why, and the desk refuses whatever screen asks."""

import pytest
from kit.bulk_hands import rows_of

from data.errors import NotAllowed
from data.remedy import Order
from screens.inbox import InboxScreen
from screens.keymap import keys_now
from screens.outbox import OutboxScreen

REASON = "Agreed with their admins on the phone"
SAYS = "Read-only: this profile changes nothing."
WRITING = ("R", "T", "D", "C", "A", "o", "n", "m", "u")


async def test_the_keys_are_hidden_and_say_why(open_desk, app_of, wait, seen) -> None:
    desk = open_desk(read_only=True)
    app = app_of(desk)
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        await pilot.pause(0.2)
        assert not set(keys_now(app.screen).values()) & set(WRITING)
        assert "reset usage" not in seen(app).splitlines()[-1]
        for key in WRITING:
            await pilot.press("j")
            await wait(pilot, lambda: SAYS not in seen(app))
            await pilot.press(key)
            await wait(pilot, lambda: SAYS in seen(app))
            assert isinstance(app.screen, InboxScreen), key
        await pilot.press("space")
        await pilot.press("j")
        await pilot.press("space")
        await pilot.press("D")
        await wait(pilot, lambda: SAYS in seen(app))
        assert isinstance(app.screen, InboxScreen)
        await pilot.press("b")
        await wait(pilot, lambda: isinstance(app.screen, OutboxScreen))
        for key in ("u", "d", "e", "r"):
            await pilot.press(key)
            await wait(pilot, lambda: SAYS in seen(app))
    assert not desk.outbox()


async def test_a_change_that_waits_stays_as_it_is(open_desk, app_of, wait, seen) -> None:
    writer = open_desk(hold_seconds=600)
    row = next(
        one
        for one in rows_of(writer)
        if one.workspaces and not writer.preview(Order("reset_usage", one.id, one.workspaces[0].id)).blocked
    )
    held = writer.submit(Order("reset_usage", row.id, row.workspaces[0].id, reason=REASON))
    desk = open_desk(read_only=True)
    for refused in (
        lambda: desk.take_back(held.change_id),
        lambda: desk.discard(held.change_id, REASON),
        lambda: desk.retry(held.change_id),
        lambda: desk.open_form("reset_usage", row.id),
        lambda: desk.open_bulk("reset_usage"),
        lambda: desk.submit(Order("note", row.id, params={"text": "A note"})),
    ):
        with pytest.raises(NotAllowed, match="Read-only"):
            refused()
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        await pilot.press("b")
        await wait(pilot, lambda: isinstance(app.screen, OutboxScreen) and app.screen.current)
        assert "Take back" not in seen(app)
        await pilot.press("u")
        await wait(pilot, lambda: SAYS in seen(app))
    assert [one.state for one in desk.outbox()] == [held.state]
