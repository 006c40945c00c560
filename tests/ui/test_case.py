"""The case screen: opened, worked and closed by keys, offline too; every write is in the outbox (R11, R13, R20)."""

from datetime import UTC, datetime, timedelta

import pytest

from data.ports_list import Sort, View
from data.remedy import State
from screens.case import CaseScreen
from screens.case_forms import CaseForm
from triage.desk import sync_once
from widgets.open_list import OpenList
from widgets.sla_clock import left_words

pytestmark = pytest.mark.own_server


def red_rows(desk):
    """The Red accounts whose case is open, and those without one."""
    rows = [line.row for line in desk.open_list(View.RED, Sort.SLA, "").window(0, 200)]
    views = [desk.case(row.id) for row in rows]
    return [v for v in views if v.case and v.case.closed_at is None], [v for v in views if v.case is None]


def written(desk, account_id):
    """What this home has written about an account's case, in order."""
    rows = desk.box.of_account(account_id, desk.base_url)
    return [(one.kind, one.params) for one in rows if one.state is not State.DISCARDED]


async def go_to(pilot, app, does):
    """Move the cursor to the line that does something."""
    await pilot.press("g")
    listed = app.screen.query_one(OpenList)
    for _ in range(60):
        if listed.current is not None and listed.current.key == does:
            return
        await pilot.press("j")
    raise AssertionError(f"no line {does}")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_R11_R13_a_case_is_opened_and_worked_by_keys(size, open_desk, app_of, wait, seen) -> None:
    desk = open_desk(home=f"home{size[0]}")
    view = red_rows(desk)[1][0 if size[0] == 80 else 1]
    account_id = view.row.id
    app = app_of(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.push_screen(CaseScreen(desk, account_id))
        await wait(pilot, lambda: "No case." in seen(app))
        assert "Playbook:" in seen(app) or size[1] < 30
        await pilot.press("c")
        await wait(pilot, lambda: isinstance(app.screen, CaseForm))
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: desk.case(account_id).case is not None)
        await wait(pilot, lambda: "Red case" in seen(app) and "Owner" in seen(app))
        await pilot.press("f")
        await wait(pilot, lambda: isinstance(app.screen, CaseForm))
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: desk.case(account_id).chosen is not None)
        chosen = desk.case(account_id).chosen
        assert chosen.suggested == 1
        await wait(pilot, lambda: desk.case(account_id).case.root_cause_at is not None)
        await go_to(pilot, app, f"tick:{chosen.root_cause}:2")
        await pilot.press("space")
        await wait(pilot, lambda: desk.case(account_id).chosen.steps[1].done)
        await wait(pilot, lambda: "] " in seen(app) and app.look.glyphs.done in seen(app))
        await go_to(pilot, app, "step:assessed")
        await pilot.press("enter")
        await wait(pilot, lambda: isinstance(app.screen, CaseForm))
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: desk.case(account_id).case.assessed_at is not None)
        await pilot.press("c")
        await wait(pilot, lambda: isinstance(app.screen, CaseForm))
        await pilot.press("2", "ctrl+s")
        await wait(pilot, lambda: desk.case(account_id).case.closed_at is not None)
        assert desk.case(account_id).case.outcome == "left_red"
        assert written(desk, account_id)[0][1]["kind"] == "red"


async def test_R13_offline_every_move_waits_visibly(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    desk.start = lambda on_change: None  # no thread: as without a connection
    view = red_rows(desk)[0][0]
    app = app_of(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        app.push_screen(CaseScreen(desk, view.row.id))
        await wait(pilot, lambda: "Steps" in seen(app))
        name = next(one for one in view.playbooks if one.chosen or one.suggested == 1).root_cause
        await go_to(pilot, app, f"tick:{name}:1")
        await pilot.press("space")
        await wait(pilot, lambda: "1 of its records on their way" in seen(app) or app.look.glyphs.held in seen(app))
        assert [kind for kind, _ in written(desk, view.row.id)] == ["note"]
        await pilot.press("space")
        await wait(pilot, lambda: len(written(desk, view.row.id)) == 2)
        assert not any(step.done for book in desk.case(view.row.id).playbooks for step in book.steps[:1])
    assert sync_once(desk.session).summary.pushed == 2


async def test_a_viewer_reads_everything_and_is_told_what_is_missing(open_desk, app_of, wait, seen) -> None:
    desk = open_desk("viewer")
    view = red_rows(desk)[0][0]
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(CaseScreen(desk, view.row.id))
        await wait(pilot, lambda: "Owner" in seen(app))
        assert "c close case" not in seen(app)
        await pilot.press("c")
        await wait(pilot, lambda: "Needs records:write" in seen(app))


async def test_c_opens_the_case_from_the_inbox(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("c")
        await wait(pilot, lambda: isinstance(app.screen, CaseScreen))
        await pilot.press("escape")
        await wait(pilot, lambda: not isinstance(app.screen, CaseScreen))


def test_R11_the_clock_in_words_is_bold_from_a_day_and_late_when_it_ran_out() -> None:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert left_words(now + timedelta(hours=25), now) == ("1 d left", "text")
    assert left_words(now + timedelta(hours=24), now) == ("1 d left", "strong bold")
    assert left_words(now + timedelta(hours=5, minutes=3), now) == ("5 h left", "strong bold")
    assert left_words(now - timedelta(hours=2, minutes=3), now) == ("2 h late", "blocked bold")
