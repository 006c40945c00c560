"""The inbox's views Drift and Red on the real stack: counts, order, words, every sort by name, filters by a verdict."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from data.list_filter import SHOWN
from data.ports_list import Sort, View
from screens.inbox_words import empty, order, orders
from triage.desk import Desk
from widgets.account_list import AccountList


def ids(desk, view, sort=Sort.SEVERITY, text=""):
    return [line.row.id for line in desk.open_list(view, sort, text).window(0, 1000)]


def lines(seen, app):
    return seen(app).split("\n")


async def test_6_and_7_open_the_views_of_the_monitor_and_of_red_with_their_counts(open_desk, app_of, seen) -> None:
    desk = open_desk()
    app, counts = app_of(desk), desk.header().counts
    assert counts.drift > 3 and counts.red > 3
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("6")
        await pilot.pause(0.1)
        assert app.screen.query_one(AccountList).total == counts.drift == len(ids(desk, View.DRIFT))
        assert f"6 Drift {counts.drift}" in lines(seen, app)[2] and f"1 of {counts.drift}   worst first" in seen(app)
        assert "Drift" in lines(seen, app)[5] and " R 0." in lines(seen, app)[5] and "severe" in lines(seen, app)[5]
        await pilot.press("7")
        await pilot.pause(0.1)
        assert app.screen.query_one(AccountList).total == counts.red == len(ids(desk, View.RED))
        assert f"7 ● Red {counts.red}" in lines(seen, app)[2] and "by SLA clock" in lines(seen, app)[-2]
        due = [line.row.red.sla_due_at for line in desk.open_list(View.RED, Sort.SEVERITY, "").window(0, 200)]
        assert due == sorted(due, key=lambda at: (at is None, at))
        first = lines(seen, app)[5].split(" │")[0].rstrip()
        assert first[-1] in "hd" and "−" in first.split()[-1], "the clock of R11 that ran out first"
        await pilot.resize_terminal(80, 24)
        await pilot.pause(0.3)
        assert f"Red {counts.red}" in lines(seen, app)[1] and " SLA" in lines(seen, app)[2]


async def test_s_offers_every_indexed_order_by_its_name(open_desk, app_of, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("9")
        for sort in (*list(Sort)[1:], Sort.SEVERITY):
            await pilot.press("s")
            await pilot.pause()
            assert app.screen.sort is sort and f"Sorted {order(View.BOOK, sort)}." in lines(seen, app)[-2]
            shown = app.screen.query_one(AccountList)
            found = [shown.line_at(at).row.id for at in range(shown.total)]
            assert found == ids(desk, View.BOOK, sort)
        for _ in range(list(Sort).index(Sort.SLA)):
            await pilot.press("s")
        assert app.screen.sort is Sort.SLA
        await pilot.press("7")
        assert app.screen.sort is Sort.SEVERITY, "by the clock already"
        assert Sort.SLA not in orders(View.RED) and len({order(View.BOOK, one) for one in Sort}) == len(Sort)


async def test_a_filter_by_a_verdict_and_the_hint_where_nobody_knows_its_name(open_desk, app_of, seen, typed) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("9", "slash")
        await pilot.pause(0.1)
        assert "words, or health:critical drift:severe red:yes" in lines(seen, app)[-2]
        await typed(pilot, "drift:sev")
        await pilot.press("enter")
        await pilot.pause(0.1)
        wanted = ids(desk, View.BOOK, text="drift:severe")
        assert app.screen.query_one(AccountList).total == len(wanted) > 0
        assert f"“drift:sev”   {len(wanted)} match   esc shows all" in lines(seen, app)[-2]
        await pilot.press("escape", "slash")
        await typed(pilot, "drfit:severe")
        await pilot.pause(0.1)
        assert "Nothing matches “drfit:severe”." in seen(app)
        assert "drfit: is only text. Did you mean drift:?" in seen(app)
        await pilot.press("enter")
        await pilot.pause(0.1)
        status = lines(seen, app)[-2]
        assert "drfit: is only text. Did you mean drift:?   esc shows all" in status
        await pilot.press("escape", "question_mark")
        await pilot.pause(0.2)
        shown = {name for name in SHOWN if f"{name}:" in seen(app)}
        for _ in range(12):  # the help is longer than the screen
            if shown == set(SHOWN):
                break
            await pilot.press(*"jjjjjjjj")
            await pilot.pause(0.1)
            shown |= {name for name in SHOWN if f"{name}:" in seen(app)}
        assert shown == set(SHOWN)


@pytest.mark.parametrize("columns", [80, 140])
async def test_R11_clocks_that_ran_out_are_counted_in_the_header(open_desk, app_of, seen, columns) -> None:
    desk = open_desk()
    app, before = app_of(desk), desk.header().counts.late
    async with app.run_test(size=(columns, 30)) as pilot:
        await pilot.pause(0.1)
        assert (f"{before} " in lines(seen, app)[0] and "late" in lines(seen, app)[0]) == (before > 0)
    later = replace(desk.session, clock=lambda: datetime.now(UTC) + timedelta(hours=25))
    with closing(Desk.open(later)) as desk:
        late = desk.header().counts.late
        assert late > max(before, 3)
        app = app_of(desk, clock=later.clock)
        async with app.run_test(size=(columns, 30)) as pilot:
            await pilot.press("7")
            await pilot.pause(0.1)
            assert (f"{late} clocks late" if columns == 140 else f"{late} late") in lines(seen, app)[0]
            assert "−1h" in seen(app)
        desk.stop()


def test_empty_views_say_that_nobody_is_there(open_desk) -> None:
    desk = open_desk()
    header, now = desk.header(), desk.session.clock()
    assert empty(header, View.DRIFT, "", now) == ("Nobody drifts.", "No alert of the usage monitor is open.")
    assert empty(header, View.RED, "", now)[0] == "Nobody is Red."
    nobody = msgspec.structs.replace(header, synced_at=None)
    assert empty(nobody, View.RED, "", now)[0].startswith("No data yet.")
