"""Claims, snoozes, what is mine and what changed: two people on one server, each with the app's own keys."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit.server_book import change

from data.assessment import Category
from data.ports_list import Sort, View
from data.remedy import Order
from screens.account import AccountScreen
from screens.contact_form import ContactForm
from screens.remedy_form import RemedyForm
from screens.snooze_form import SnoozeForm
from triage.desk import sync_once
from triage.sandbox.process import Running, start
from widgets.until_row import moment_of, tomorrow

REASON = "Their budget round ends on Monday"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("holding") / "book.db"


@pytest.fixture(scope="module")
def server(db: Path) -> Iterator[Running]:
    with start(accounts=150, seed=23, db=db) as running:
        yield running


@pytest.fixture
def two(open_desk: Any, server: Running) -> Any:
    """A lead's and an agent's desk, each on a home of its own."""

    def opened(role: str) -> Any:
        return open_desk(role, role, url=server.url, token=server.tokens[role])

    return opened("lead"), opened("agent")


def free(desk: Any, view: View = View.AT_CAP) -> str:
    """An account of a view that nobody has claimed."""
    lines = desk.open_list(view, Sort.SEVERITY, "claimed:no").window(0, 50)
    return str(lines[0].row.id)


def push(desk: Any) -> None:
    assert sync_once(desk.session).error is None


async def test_a_claim_stands_in_both_lists_and_warns_whoever_acts(two, app_of, seen, wait) -> None:
    lead, agent = two
    account = free(lead)
    agent.submit(Order("claim", account, params={"minutes": 60}), hold=False)
    push(agent)
    push(lead)
    name = agent.header().who.name.split(" ")[0]
    assert lead.open_list(View.AT_RISK, Sort.SEVERITY, "claimed:others").position(account) is not None
    assert agent.open_list(View.AT_RISK, Sort.SEVERITY, "claimed:me mine:yes").position(account) is not None
    app = app_of(lead, account=account)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait(pilot, lambda: f"claimed by {name}, 60 min" in seen(app))
        row = next(line for line in seen(app).split("\n") if line.startswith("▌"))
        assert f" {name[0]}Δ│" in row, "whose it is stands in the row"
        await pilot.press("R")
        await wait(pilot, lambda: isinstance(app.screen, RemedyForm))
        assert f"{name} has claimed it, 60 min left. Ask before you go on." in seen(app)
        await pilot.press("escape", "n")
        await wait(pilot, lambda: isinstance(app.screen, ContactForm))
        assert "Ask before you go on." in seen(app)
        await pilot.press("escape", "m")
        await wait(pilot, lambda: "The same key again takes it over." in seen(app))
        assert lead.outbox() == [], "nothing was asked of the server yet"
        await pilot.press("m")
        await wait(pilot, lambda: "claimed by you" in seen(app))
        assert "@" in next(line for line in seen(app).split("\n") if line.startswith("▌"))
        app.clock = lambda: datetime.now(UTC) + timedelta(minutes=61)
        await wait(pilot, lambda: "claimed by you" not in seen(app) and " @" not in seen(app))
    push(agent)
    app = app_of(agent, account=account)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: app.screen.target() == account)
        await pilot.press("m")
        await wait(pilot, lambda: "a lead may take it over" in seen(app))
        assert all(one.kind != "claim" or one.state == "applied" for one in agent.outbox())


def test_a_claimed_account_is_guarded_in_every_preview_but_refuses_nothing(two) -> None:
    lead, agent = two
    account = free(lead)
    agent.submit(Order("claim", account, params={"minutes": 60}), hold=False)
    push(agent)
    push(lead)
    order = Order("apply_discount", account, params={"kind": "scholarship", "percent": 5})
    for desk, count in ((lead, 1), (agent, 0)):
        guards = [one for one in desk.preview(order).guards if one.rule == "claim"]
        assert len(guards) == count and not any(one.blocking for one in guards)


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_snooze_leaves_everybodys_views_and_wakes_early_when_it_worsens(
    two, app_of, seen, wait, typed, db, size
) -> None:
    lead, agent = two
    account = free(lead, View.NEAR_CAP)
    app = app_of(lead, account=account)
    before = lead.header().counts
    async with app.run_test(size=size) as pilot:
        await wait(pilot, lambda: app.screen.target() == account)
        await pilot.press("z")
        await wait(pilot, lambda: isinstance(app.screen, SnoozeForm))
        await pilot.press("ctrl+s")
        assert "choose how long first" in seen(app)
        await pilot.press("4")
        assert "until" in seen(app)
        await pilot.press("enter", "enter")
        await typed(pilot, REASON)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: lead.header().counts.snoozed == before.snoozed + 1)
        await wait(pilot, lambda: "left the list: snoozed by" in seen(app))
        await pilot.press("j")
        await wait(pilot, lambda: f"{before.snoozed + 1} snoozed" in seen(app))
        await pilot.press("Z")
        await wait(pilot, lambda: "“snoozed:yes”" in seen(app))
        assert app.screen.list.total == before.snoozed + 1
        app.screen.list.go_to(account)
        await wait(pilot, lambda: "snoozed by" in seen(app))
        await pilot.press("Z")
        assert app.screen.text == "" and app.screen.list.go_to(account) is False
    push(agent)
    assert agent.header().counts.snoozed == before.snoozed + 1, "for the whole team"
    row = agent.detail(account).row
    assert row.snoozed and row.snooze.reason == REASON and row.snooze.category == Category.APPROACHING_CAP

    def fill(served: dict[str, Any]) -> None:
        for room in served["workspaces"]:
            room["hours_used"] = (room["hours_included"] or 1.0) + 1.0

    change(db, account, fill)
    push(agent)
    row = agent.detail(account).row
    assert row.category is not Category.APPROACHING_CAP and not row.snoozed
    assert agent.open_list(View.AT_RISK, Sort.SEVERITY, "").position(account) is not None
    app = app_of(agent, account=account)
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("enter")
        await wait(pilot, lambda: isinstance(app.screen, AccountScreen))
        await wait(pilot, lambda: "woke early, it worsened" in seen(app))


async def test_what_changed_is_marked_until_it_is_opened_and_stays_seen(two, app_of, seen, wait, db, open_desk) -> None:
    lead, _ = two
    first, second = free(lead, View.NEAR_CAP), free(lead, View.BLOCKED)
    lead.look_at_list(View.BOOK, "", False)
    app = app_of(lead, account=second)
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: app.screen.target() == second)
        await pilot.press("N")
        await wait(pilot, lambda: "Nothing matches “changed:yes”" in seen(app))
        await pilot.press("escape")
        for account in (first, second):
            change(db, account, lambda served: served.update(mrr=(served["mrr"] or 0) + 70_000))
        push(lead)
        await pilot.press("r", "N")
        await wait(pilot, lambda: app.screen.list.total == 2)
        assert seen(app).count("Δ") == 2
        app.screen.list.go_to(first)
        await wait(pilot, lambda: "new to you:" in seen(app))
        await pilot.press("enter")
        await wait(pilot, lambda: isinstance(app.screen, AccountScreen))
        await wait(pilot, lambda: "new to you:" in seen(app))
        await wait(pilot, lambda: lead.detail(first).before is None)
        assert "new to you:" in seen(app), "it stays in sight while one reads it"
        await pilot.press("escape")
        await wait(pilot, lambda: seen(app).count("Δ") == 1)
        await pilot.press("X")
        await wait(pilot, lambda: "1 account had changed. Seen now." in seen(app))
    again = open_desk("lead", "lead", url=lead.base_url, token=lead.session.token.get(), synced=False)
    assert len(again.open_list(View.BOOK, Sort.SEVERITY, "changed:yes").window(0, 9)) == 0


async def test_ones_own_change_is_no_news_and_a_colleagues_is(two, app_of, wait) -> None:
    lead, agent = two
    account = free(lead)
    for desk in two:
        desk.look_at_list(View.BOOK, "", False)
    app = app_of(agent, account=account)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait(pilot, lambda: app.screen.target() == account)
        await pilot.press("m")
        await wait(pilot, lambda: agent.detail(account).row.claim is not None)
        await wait(pilot, lambda: agent.detail(account).before is None)
    push(lead)
    assert lead.open_list(View.BOOK, Sort.SEVERITY, "changed:claim").position(account) is not None


async def test_a_note_of_its_own_and_the_notes_of_a_talk_stand_in_the_history(two, app_of, seen, wait, typed) -> None:
    lead, _ = two
    account = free(lead)
    app = app_of(lead, account=account)
    async with app.run_test(size=(140, 45)) as pilot:
        await wait(pilot, lambda: app.screen.target() == account)
        await pilot.press("n")
        await wait(pilot, lambda: isinstance(app.screen, ContactForm))
        await pilot.press("5")
        assert "no answer" not in seen(app), "a note has no outcome"
        await pilot.press("ctrl+s")
        assert "write the note first" in seen(app)
        await pilot.press("enter")
        await typed(pilot, "Prefers mail on Fridays")
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: any(one.kind == "note" and one.state == "applied" for one in lead.outbox()))
        push(lead)
        await pilot.press("enter")
        await wait(pilot, lambda: "“Prefers mail on Fridays”" in seen(app))


def test_moments_are_read_as_people_write_them() -> None:
    now = datetime(2026, 11, 22, 10, 30).astimezone()
    assert moment_of("4h", now) == now + timedelta(hours=4)
    assert moment_of(" 90 m ", now) == now + timedelta(minutes=90)
    assert moment_of("2w", now) == now + timedelta(weeks=2)
    assert moment_of("16:30", now) == now.replace(hour=16)
    assert moment_of("9:00", now) == now.replace(hour=9, minute=0) + timedelta(days=1), "the next one"
    assert moment_of("2026-12-01", now) == datetime(2026, 12, 1, 9).astimezone(now.tzinfo)
    assert moment_of("2026-12-01 14:15", now) == datetime(2026, 12, 1, 14, 15).astimezone(now.tzinfo)
    assert tomorrow(now) == datetime(2026, 11, 23, 9).astimezone(now.tzinfo)
    for text in ("", "soon", "0h", "25:00", "2026-13-01", "2026-11-21", "2099-01-01", "9999w"):
        assert moment_of(text, now) is None, text
