"""Undo after it was applied: a change of its own that sets a discount or a tier back; what has no inverse says so."""

import httpx
import pytest
from kit.bulk_hands import DISCOUNT, REASON, pick, rows_of

from data.errors import NotPossible
from data.remedy import Order, State
from screens.outbox import OutboxScreen
from screens.remedy_form import RemedyForm
from triage.desk import sync_once
from widgets.before_after import BeforeAfter
from widgets.reason_field import ReasonField
from widgets.typed_word import TypedWord

pytestmark = pytest.mark.own_server

BACK = "Given to the wrong account, set back"


def applied(desk, kind, params, row, workspace=None, acknowledged=()):
    """Apply a remedy on the server."""
    change = desk.submit(Order(kind, row.id, workspace, params, REASON, acknowledged), hold=False)
    assert sync_once(desk.session).error is None
    assert desk.box.get(change.change_id).state is State.APPLIED
    return change


def on_server(server, account_id):
    """The account as the server has it."""
    head = {"Authorization": f"Bearer {server.token}"}
    return httpx.get(f"{server.url}/v1/accounts/{account_id}", headers=head).json()


async def test_u_on_the_account_sets_a_discount_back_with_its_own_reason_and_entry(
    open_desk, app_of, wait, seen, trail_of, ui_server
) -> None:
    desk = open_desk(hold_seconds=0.2)
    [row] = [one for one in pick(desk, "apply_discount", DISCOUNT, 40) if desk.detail(one.id).account.discount is None][
        :1
    ]
    first = applied(desk, "apply_discount", DISCOUNT, row)
    assert on_server(ui_server, row.id)["discount"] == DISCOUNT
    app = app_of(desk, account=row.id)
    async with app.run_test(size=(100, 40)) as pilot:
        await wait(pilot, lambda: app.screen.list.total and app.screen.target() == row.id)
        await pilot.press("u")
        await wait(pilot, lambda: isinstance(app.screen, RemedyForm))
        form = app.screen
        assert form.query(BeforeAfter) and "Sets back: Discount 12.5 %" in seen(app)
        assert form.missing() == "give a reason first"
        form.query_one(ReasonField).fill(BACK)
        await pilot.pause()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
        await wait(pilot, lambda: [one.state for one in desk.outbox()] == [State.APPLIED] * 2)
    entries = {entry["reason"]: entry for entry in trail_of(row.id) if entry["reason"] in (REASON, BACK)}
    assert set(entries) == {REASON, BACK}
    assert entries[BACK]["change_id"] != entries[REASON]["change_id"] == first.change_id
    assert on_server(ui_server, row.id)["discount"] is None


async def test_u_on_an_outbox_row_sets_a_tier_back_through_the_second_confirmation(
    open_desk, app_of, wait, seen, ui_server
) -> None:
    desk = open_desk(hold_seconds=0.2)
    row = next(
        one
        for one in rows_of(desk)
        if one.tier in ("innovator", "changemaker")
        and not desk.preview(Order("change_tier", one.id, params={"tier": "guardian"})).blocked
    )
    applied(desk, "change_tier", {"tier": "guardian"}, row)
    app = app_of(desk)
    async with app.run_test(size=(100, 40)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        await pilot.press("b")
        await wait(pilot, lambda: isinstance(app.screen, OutboxScreen) and app.screen.current)
        await wait(pilot, lambda: "Set it back" in seen(app))
        await pilot.press("u")
        await wait(pilot, lambda: isinstance(app.screen, RemedyForm))
        form = app.screen
        form.query_one(ReasonField).fill(BACK)
        form.query_one("#word", TypedWord).entry.value = form.form.needs_confirm
        await wait(pilot, lambda: not form.missing())
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
        await wait(pilot, lambda: [one.state for one in desk.outbox()] == [State.APPLIED] * 2)
    assert on_server(ui_server, row.id)["tier"] == row.tier


async def test_esc_leaves_no_draft_of_an_undo(open_desk, app_of, wait) -> None:
    desk = open_desk()
    [row] = pick(desk, "apply_discount", {"kind": "staff_discount", "percent": 8}, 1)
    applied(desk, "apply_discount", {"kind": "staff_discount", "percent": 8}, row)
    app = app_of(desk, account=row.id)
    async with app.run_test(size=(100, 40)) as pilot:
        await wait(pilot, lambda: app.screen.list.total and app.screen.target() == row.id)
        await pilot.press("u")
        await wait(pilot, lambda: isinstance(app.screen, RemedyForm))
        await pilot.press("escape")
        await wait(pilot, lambda: not isinstance(app.screen, RemedyForm))
    assert desk.open_form("apply_discount", row.id).draft is None


def test_what_has_no_inverse_and_what_moved_since_is_refused_in_words(open_desk) -> None:
    desk = open_desk()
    row = next(
        one
        for one in rows_of(desk)
        if one.workspaces and not desk.preview(Order("reset_usage", one.id, one.workspaces[0].id)).blocked
    )
    reset = applied(desk, "reset_usage", {}, row, row.workspaces[0].id)
    with pytest.raises(NotPossible, match="A reset cannot be undone"):
        desk.undo_form(reset.change_id)
    [other] = pick(desk, "apply_discount", {"kind": "scholarship", "percent": 6}, 1)
    first = applied(desk, "apply_discount", {"kind": "scholarship", "percent": 6}, other)
    applied(desk, "apply_discount", {"kind": "scholarship", "percent": 7}, other)
    with pytest.raises(NotPossible, match="changed again since"):
        desk.undo_form(first.change_id)
    untouched = next(one for one in rows_of(desk) if not desk.box.of_account(one.id, desk.base_url))
    with pytest.raises(NotPossible, match="nothing of yours was applied here"):
        desk.undo_last(untouched.id)
