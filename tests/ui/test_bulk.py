"""One remedy on many accounts: guards, unmarking, the typed count, one audit entry each, and what was left out."""

import httpx
import pytest
from kit.bulk_hands import DISCOUNT, REASON, fill, open_bulk, pick, rows_of

from data.remedy import Order, State
from screens.bulk_form import BulkForm
from screens.bulk_report import BulkReport
from triage.desk import sync_once
from widgets.bulk_table import BulkTable
from widgets.reason_field import ReasonField
from widgets.typed_word import TypedWord

pytestmark = pytest.mark.own_server

TRIAL = {"tier": "changemaker", "months": 1}


async def test_three_marked_one_guarded_two_changes_and_two_audit_entries(
    open_desk, app_of, wait, seen, typed, trail_of
) -> None:
    desk = open_desk(hold_seconds=0.2)
    two, [guarded] = pick(desk, "grant_trial", TRIAL, 2), pick(desk, "grant_trial", TRIAL, 1, free=False)
    app = app_of(desk)
    async with app.run_test(size=(100, 40)) as pilot:
        inbox, form = await open_bulk(app, pilot, wait, "grant_trial", [two[0], guarded, two[1]])
        await wait(pilot, lambda: "2 of 3 accounts will change, 1 is left out." in seen(app))
        await wait(pilot, lambda: "left out" in seen(app))
        await pilot.press("ctrl+s")
        assert app.screen is form and not desk.outbox()
        form.query_one(ReasonField).fill(REASON)
        form.query_one("#count", TypedWord).entry.value = "3"
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        await wait(pilot, lambda: "type 2 first" in seen(app))
        assert app.screen is form and not desk.outbox()
        form.query_one("#count", TypedWord).entry.value = "2"
        await pilot.pause()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: isinstance(app.screen, BulkReport))
        await wait(pilot, lambda: guarded.name[:12] in seen(app) and "2 of 3 queued" in seen(app))
        await pilot.press("escape")
        await wait(pilot, lambda: app.screen is inbox)
        assert list(inbox.marks) == [guarded.id]  # what was left out can be looked at one by one
        await wait(pilot, lambda: [row.state for row in desk.outbox()] == [State.APPLIED] * 2)
        for _ in range(40):
            await pilot.pause(0.1)
            if "2 of 2 applied" in seen(app):
                break
            await pilot.press("j")  # off a row that has left the list and says so
        assert "2 of 2 applied" in seen(app)
        changes = desk.outbox()
    assert len({row.change_id for row in changes}) == 2
    for row in two:
        [entry] = [one for one in trail_of(row.id) if one["reason"] == REASON]
        assert entry["action"] == "grant_trial" and entry["change_id"] in {one.change_id for one in changes}
    assert not [one for one in trail_of(guarded.id) if one["reason"] == REASON]


async def test_u_takes_the_whole_run_back_and_nothing_was_sent(open_desk, app_of, wait, seen, trail_of) -> None:
    desk = open_desk(hold_seconds=60)
    rows = pick(desk, "apply_discount", DISCOUNT, 3)
    app = app_of(desk)
    async with app.run_test(size=(100, 40)) as pilot:
        inbox, form = await open_bulk(app, pilot, wait, "apply_discount", rows)
        await fill(form, pilot, DISCOUNT, 3)
        await wait(pilot, lambda: not form.missing())
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is inbox)
        assert [row.state for row in desk.outbox()] == [State.HELD] * 3 and not inbox.marks
        await wait(pilot, lambda: "Discount: 3 of 3 accounts queued. u takes them back." in seen(app))
        await pilot.press("k")
        await wait(pilot, lambda: "Discount for 3 accounts" in seen(app))
        await pilot.press("u")
        await wait(pilot, lambda: "3 accounts taken back. Nothing was sent." in seen(app))
        assert [row.state for row in desk.outbox()] == [State.DISCARDED] * 3
    assert not [one for row in rows for one in trail_of(row.id) if one["reason"] == REASON]


async def test_nobody_is_left_out_for_a_field_that_is_not_answered_yet(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    rows = pick(desk, "apply_discount", DISCOUNT, 2)
    app = app_of(desk)
    async with app.run_test(size=(100, 40)) as pilot:
        _, form = await open_bulk(app, pilot, wait, "apply_discount", rows)
        assert [line.against for line in form.query_one(BulkTable).table] == ["", ""]
        assert form.missing() == "choose a discount first" and "left out" not in seen(app)


async def test_space_leaves_one_out_and_the_count_must_follow(open_desk, app_of, wait, seen) -> None:
    desk = open_desk(hold_seconds=60)
    rows = pick(desk, "apply_discount", DISCOUNT, 3)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        inbox, form = await open_bulk(app, pilot, wait, "apply_discount", rows)
        await fill(form, pilot, DISCOUNT, 3)
        await wait(pilot, lambda: not form.missing())
        form.set_focus(form.query_one(BulkTable))
        await pilot.press("space")
        await wait(pilot, lambda: form.missing() == "type 2 first")
        await pilot.press("ctrl+s")
        assert app.screen is form and not desk.outbox()
        form.query_one("#count", TypedWord).entry.value = "2"
        await pilot.pause()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is inbox)
        assert {row.account_id for row in desk.outbox()} == {row.id for row in rows[1:]}


async def test_an_account_that_changes_under_the_open_form_is_left_out(open_desk, app_of, wait, seen) -> None:
    other, desk = open_desk(home="other"), open_desk(hold_seconds=60)
    rows = pick(desk, "apply_discount", DISCOUNT, 2)
    app = app_of(desk)
    async with app.run_test(size=(100, 40)) as pilot:
        inbox, form = await open_bulk(app, pilot, wait, "apply_discount", rows)
        await fill(form, pilot, DISCOUNT, 2)
        other.submit(Order("note", rows[0].id, params={"text": "Spoke to them"}), hold=False)
        assert sync_once(other.session).error is None
        desk.sync_now()
        await wait(pilot, lambda: "It changed after it was marked" in seen(app))
        assert form.missing() == "type 1 first"
        form.query_one("#count", TypedWord).entry.value = "1"
        await pilot.pause()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: isinstance(app.screen, BulkReport))
        assert [row.account_id for row in desk.outbox()] == [rows[1].id]


async def test_what_the_server_refuses_later_needs_you_and_links_to_the_outbox(
    open_desk, app_of, wait, seen, ui_server
) -> None:
    desk = open_desk(hold_seconds=1.5)
    rows = pick(desk, "apply_discount", {"kind": "staff_discount", "percent": 3}, 3)
    app = app_of(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        inbox, form = await open_bulk(app, pilot, wait, "apply_discount", rows)
        await fill(form, pilot, {"kind": "staff_discount", "percent": 3}, 3)
        await wait(pilot, lambda: not form.missing())
        account = httpx.get(
            f"{ui_server.url}/v1/accounts/{rows[0].id}", headers={"Authorization": f"Bearer {ui_server.token}"}
        )
        change_id = "11111111-2222-4333-8444-555555555555"
        body = {
            "change_id": change_id, "account_id": rows[0].id, "workspace_id": None, "kind": "apply_discount",
            "params": {"kind": "scholarship", "percent": 4}, "dedupe_key": None,
            "audit": {
                "reason": REASON, "authored_at": "2026-11-20T10:00:00Z", "client": "test/1", "shown_before": {},
                "acknowledged": [],
            },
        }  # fmt: skip
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is inbox)
        answer = httpx.post(
            f"{ui_server.url}/v1/changes",
            json=body,
            headers={
                "Authorization": f"Bearer {ui_server.token}",
                "Idempotency-Key": change_id,
                "If-Match": account.headers["etag"],
            },
        )
        assert answer.status_code == 201, answer.text
        await wait(pilot, lambda: "2 of 3 applied. 1 of 3 needs you   b outbox" in seen(app))
    assert sorted(row.state for row in desk.outbox()) == [State.APPLIED, State.APPLIED, State.CONFLICT]


async def test_change_admin_is_not_for_many_and_one_mark_is_no_crowd(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        inbox = app.screen
        inbox.marks.add(rows_of(desk)[:2])
        await pilot.press("A")
        await wait(pilot, lambda: "Change admin is not for many at once" in seen(app))
        assert app.screen is inbox


async def test_claiming_many_asks_no_reason(open_desk, app_of, wait, seen, trail_of) -> None:
    desk = open_desk()
    rows = pick(desk, "claim", {"minutes": 60}, 2)
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        inbox = app.screen
        inbox.marks.add(rows)
        await pilot.press("m")
        await wait(pilot, lambda: isinstance(app.screen, BulkForm) and app.screen._looking.over)
        assert not app.screen.query(ReasonField)
        await pilot.press("2", "ctrl+s")
        await wait(pilot, lambda: app.screen is inbox)
        await wait(pilot, lambda: [row.state for row in desk.outbox()] == [State.APPLIED] * 2)
    assert all(any(one["action"] == "claim" for one in trail_of(row.id)) for row in rows)


def test_the_same_twice_in_bulk_is_left_out(open_desk) -> None:
    desk = open_desk(hold_seconds=60)
    [row] = pick(desk, "apply_discount", DISCOUNT, 1)
    order = Order("apply_discount", row.id, params=DISCOUNT)
    line = desk.bulk_line(order, row.seq)
    first = desk.submit_line(line, row.seq, REASON, "00000000-0000-4000-8000-000000000001")
    assert first.state is State.HELD
    assert desk.bulk_line(order, row.seq).against == "The same is in the outbox already."
