"""Old figures: money, plan and rights ask for a sync first in the forms, with a typed way past; a reset does not."""

from datetime import UTC, datetime, timedelta

from kit.bulk_hands import DISCOUNT, REASON, fill, open_bulk, pick

from data.remedy import Order, State
from screens.remedy_form import RemedyForm
from widgets.form_button import FormButton
from widgets.reason_field import ReasonField
from widgets.stale_bar import StaleBar
from widgets.typed_word import TypedWord

OLD = "Its figures are old: sync first."


class Late:
    """The desk's clock, which a test puts forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def grow_old(app, pilot, wait, hours):
    """Let the figures grow old, once the app has fetched what it fetches at its start."""
    desk, first = app.desk, app.desk.header().synced_at
    await wait(pilot, lambda: desk.header().synced_at > first)
    desk.session.clock.ahead = timedelta(hours=hours)
    app.screen.reload()


async def open_discount(app, pilot, wait, hours):
    await wait(pilot, lambda: app.screen.list.total)
    await grow_old(app, pilot, wait, hours)
    await pilot.press("D")
    await wait(pilot, lambda: isinstance(app.screen, RemedyForm))
    await wait(pilot, lambda: isinstance(app.focused, FormButton) and app.focused.id == "sync")
    return app.screen


async def test_a_discount_on_old_figures_asks_for_a_sync_and_r_gives_it(open_desk, app_of, wait, seen) -> None:
    desk = open_desk(clock=Late(), stale_after=3600.0, hold_seconds=60)
    app = app_of(desk)
    async with app.run_test(size=(100, 40)) as pilot:
        form = await open_discount(app, pilot, wait, 6)
        await wait(pilot, lambda: "These figures are 6.0 h old, older than 1 h." in seen(app))
        form.query_one("#kind").choose(0)
        form.query_one("#percent").entry.value = "9"
        form.query_one(ReasonField).fill(REASON)
        await pilot.pause()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: form.missing() != "")
        assert app.screen is form and not desk.outbox()
        form.set_focus(form.query_one("#sync"))
        await pilot.press("r")
        await wait(pilot, lambda: not form.query_one(StaleBar).display)
        assert not form.missing()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
    [row] = desk.outbox()
    assert row.state is State.HELD and b'"acknowledged":[]' in row.body


async def test_a_typed_word_goes_on_with_old_figures_and_stands_in_the_trail(open_desk, app_of, wait, seen) -> None:
    desk = open_desk(clock=Late(), stale_after=3600.0, hold_seconds=60)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_discount(app, pilot, wait, 6)
        form.query_one("#kind").choose(0)
        form.query_one("#percent").entry.value = "9"
        form.query_one(ReasonField).fill(REASON)
        await wait(pilot, lambda: "type the word first" in form.missing())
        word = form.form.ack_word
        form.query_one("#old", TypedWord).entry.value = word
        await wait(pilot, lambda: not form.missing())
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
    [row] = desk.outbox()
    assert word.encode() in row.body.split(b'"acknowledged"')[1]


async def test_many_at_once_ask_the_same(open_desk, app_of, wait, seen) -> None:
    desk = open_desk(clock=Late(), stale_after=3600.0, hold_seconds=60)
    rows = pick(desk, "apply_discount", DISCOUNT, 2)
    app = app_of(desk)
    async with app.run_test(size=(100, 40)) as pilot:
        await grow_old(app, pilot, wait, 2)
        inbox, form = await open_bulk(app, pilot, wait, "apply_discount", rows)
        await fill(form, pilot, DISCOUNT, 2)
        await wait(pilot, lambda: {line.against for line in form.query_one("#table").table} == {OLD})
        assert not form.going
        form.query_one("#old", TypedWord).entry.value = "old"
        await wait(pilot, lambda: not form.missing())
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is inbox)
    assert all(row.account_id.encode() in row.body.split(b'"acknowledged"')[1] for row in desk.outbox())
    assert len(desk.outbox()) == 2


def test_the_desk_itself_refuses_whatever_screen_asks(open_desk) -> None:
    desk = open_desk(clock=Late(), stale_after=3600.0)
    [row] = pick(desk, "apply_discount", DISCOUNT, 1)
    reset = next(one for one in desk.rows([row.id]))
    desk.session.clock.ahead = timedelta(hours=2)
    order = Order("apply_discount", row.id, params=DISCOUNT, reason=REASON)
    assert [guard.rule for guard in desk.preview(order).guards if guard.blocking] == ["stale"]
    assert reset.workspaces and "stale" not in [
        guard.rule for guard in desk.preview(Order("reset_usage", row.id, reset.workspaces[0].id)).guards
    ]
