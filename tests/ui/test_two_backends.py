"""The app on either backend: one journey from the list to the audit screen; and what only a person can tell."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dembrane.double import Double

from data.backends.dembrane import DembraneBackend, Options
from data.ports_list import Link, Sort, View
from data.remedy import Order, State
from screens.audit import AuditScreen
from screens.confirm import ConfirmReason
from screens.outbox import OutboxScreen
from screens.remedy_form import RemedyForm
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies
from widgets.choice_row import ChoiceRow
from widgets.reason_field import ReasonField
from widgets.word_input import WordInput

pytestmark = pytest.mark.own_server

REASON = "Agreed with Iris on the phone"


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


def dembrane_desk(double: Double, root: Path, **place: Any) -> Desk:
    state, cache = root / "state", root / "cache"
    options = Options(double.directus_url, state, cache)
    session = Session(
        place=Place(double.url, "dembrane", state, cache, "triage/test", **place),
        policies=Policies(),
        clock=lambda: datetime.now(UTC),
        connect=lambda url, token: DembraneBackend(url, token, options, writes=(0.8, 0.8)),
        token=TokenBox(lambda: double.token(minutes=600), lambda kept: ""),
    )
    assert sync_once(session).error is None
    return Desk.open(session)


@pytest.fixture(params=("native", "dembrane"))
def desk(request: Any, double: Double, open_desk: Any, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "native":
        yield open_desk(hold_seconds=30)
        return
    with closing(dembrane_desk(double, tmp_path, hold_seconds=30)) as opened:
        yield opened
        opened.stop()


async def test_from_the_list_over_the_form_and_the_outbox_to_the_audit_trail(desk, app_of, wait, seen) -> None:
    offers = desk.cache.offers
    account_id = next(
        line.row.id
        for line in desk.open_list(View.AT_RISK, Sort.SEVERITY, "").window(0, 100)
        if (account := desk.cache.account(line.row.id)) and account.tier == "free" and account.discount is None
    )
    app = app_of(desk, account=account_id)
    async with app.run_test(size=(100, 40)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        await wait(pilot, lambda: app.screen.target() == account_id)
        await pilot.press("D")
        await wait(pilot, lambda: isinstance(app.screen, RemedyForm))
        form = app.screen
        assert ("kept here only" in seen(app)) == (not offers.audit)
        form.query_one("#kind", ChoiceRow).choose(0)
        form.query_one("#percent WordInput", WordInput).value = "20"
        form.query_one(ReasonField).fill(REASON)
        await wait(pilot, lambda: not form.missing())
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
        assert desk.outbox()[0].state is State.HELD
        await pilot.press("u")
        await wait(pilot, lambda: desk.outbox()[0].state is State.DISCARDED)
        change = desk.submit(
            Order("apply_discount", account_id, None, {"kind": "scholarship", "percent": 20}, REASON), hold=False
        )
        await pilot.press("b")
        await wait(pilot, lambda: isinstance(app.screen, OutboxScreen))
        await wait(pilot, lambda: desk.box.get(change.change_id).state is State.APPLIED)
        await wait(pilot, lambda: "applied" in seen(app))
        await pilot.press("a")
        await wait(pilot, lambda: isinstance(app.screen, AuditScreen) and REASON in seen(app))
        assert ("kept here" in seen(app)) == (not offers.audit)
        await pilot.press("escape")
        await wait(pilot, lambda: isinstance(app.screen, OutboxScreen))


async def test_what_nobody_can_look_up_is_shown_with_its_evidence_and_decided_by_a_person(
    double, tmp_path, app_of, wait, seen
) -> None:
    with closing(dembrane_desk(double, tmp_path)) as desk:
        space = double.book.cases["at_cap"]
        double.fault("fail_after", method="POST")
        order = Order("reset_usage", space.account.id, space.id, {}, REASON)
        change = desk.submit(order, hold=False)
        app = app_of(desk)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("b")
            await wait(pilot, lambda: isinstance(app.screen, OutboxScreen))
            await wait(pilot, lambda: desk.box.get(change.change_id).outcome_unknown)
            await wait(pilot, lambda: "Say what happened" in seen(app))
            await pilot.press("l")
            await wait(pilot, lambda: "looks as if it happened" in " ".join(seen(app).split()))
            assert "never sent again by itself" in " ".join(seen(app).split())
            await pilot.press("h")
            await wait(pilot, lambda: "Did this happen?" in seen(app))
            await pilot.press("escape")
            await wait(pilot, lambda: "Nothing is decided" in seen(app))
            await pilot.press("h")
            await wait(pilot, lambda: "Did this happen?" in seen(app))
            await pilot.pause(0.4)
            await pilot.press("y")
            await wait(pilot, lambda: isinstance(app.screen, ConfirmReason))
            form = app.screen
            form.query_one(ReasonField).fill("Iris sees it on her side")
            await wait(pilot, lambda: not form.missing())
            await pilot.press("ctrl+s")
            await wait(pilot, lambda: desk.box.get(change.change_id).state is State.APPLIED)
            await wait(pilot, lambda: "Closed as applied" in seen(app))
        desk.stop()
    assert len(double.writes) == 1 and space.resets == 1


async def test_the_app_goes_on_while_a_write_hangs(double, tmp_path, app_of, wait, seen) -> None:
    with closing(dembrane_desk(double, tmp_path, sync_every=0.3)) as desk:
        double.fault("hang_before", method="PATCH", seconds=600)
        account_id = double.book.cases["quiet"].account.id
        change = desk.submit(Order("change_tier", account_id, None, {"tier": "innovator"}, REASON), hold=False)
        app = app_of(desk)
        async with app.run_test(size=(100, 30)) as pilot:
            await wait(pilot, lambda: double.writes)
            pulled = len(double.received("/admin/billing-rollup"))
            await pilot.press("j", "j", "b")
            await wait(pilot, lambda: isinstance(app.screen, OutboxScreen))
            await wait(pilot, lambda: len(double.received("/admin/billing-rollup")) > pulled)
            await wait(pilot, lambda: desk.box.get(change.change_id).outcome_unknown)
        desk.stop()
    assert len(double.writes) == 1


async def test_members_that_no_sync_brought_are_fetched_for_the_form_that_asks(double, tmp_path, app_of, wait) -> None:
    with closing(dembrane_desk(double, tmp_path, sync_every=600)) as desk:
        space = double.book.cases["managed"]  # not at risk: its members do not come along
        assert desk.cache.members(space.id) is None
        app = app_of(desk, account=space.account.id)
        async with app.run_test(size=(100, 40)) as pilot:
            await wait(pilot, lambda: desk.header().status.link is Link.FINE)
            app.push_screen(RemedyForm(desk, desk.open_form("change_admin", space.account.id)))
            await wait(pilot, lambda: isinstance(app.screen, RemedyForm) and app.screen.form.members_known)
            assert len(app.screen.form.members) == len(space.members)
        assert desk.cache.members(space.id) is not None  # and stay for a form offline
        desk.stop()
