"""The portfolio over a real book, against an oracle that reads the rows and the trail by itself."""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from data.assessment import Row
from data.health_index import Risk
from data.ports_list import Sort, View
from data.ports_portfolio import Behind, BookReport
from data.remedy import Order
from triage.desk import Desk, sync_once
from triage.sandbox.process import Running, start


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=160, seed=5) as running:
        yield running


@pytest.fixture(scope="module")
def first_home(server: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("first") / "home"


@pytest.fixture
def desk(server: Running, session_at: Callable[..., Any], first_home: Path, tmp_path: Path) -> Iterator[Desk]:
    """The lead's desk on a copy of one synced home."""
    if not first_home.exists():
        assert sync_once(session_at(first_home, server.url, server.tokens["lead"])).error is None
    home = tmp_path / "home"
    shutil.copytree(first_home, home)
    with closing(Desk.open(session_at(home, server.url, server.tokens["lead"]))) as opened:
        yield opened


def rows_of(desk: Desk) -> list[Row]:
    listed = desk.open_list(View.BOOK, Sort.NAME, "")
    return [line.row for line in listed.window(0, listed.total)]


def behinds(report: BookReport) -> list[Behind]:
    """Every list behind every number, however deep it stands in the report."""
    found: list[Behind] = []

    def look(value: object) -> None:
        if isinstance(value, Behind):
            found.append(value)
        elif isinstance(value, tuple):
            for one in value:
                look(one)
        elif hasattr(value, "__struct_fields__"):
            for name in value.__struct_fields__:
                look(getattr(value, name))

    look(report)
    return found


def test_H9_parts_and_unscored_sum_to_the_book(desk: Desk) -> None:
    report, rows = desk.portfolio(), rows_of(desk)
    assert report.whole.accounts == len(rows) == sum(band.part.accounts for band in report.bands)
    assert report.scored.scored.accounts + report.scored.unscored.accounts == len(rows)
    money: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.mrr:
            money[str(row.currency)] += row.mrr
    for parts in (report.bands, report.grid):
        summed: Counter[str] = Counter()
        for one in parts:
            summed.update(one.part.money)
        assert dict(summed) == dict(money) == report.whole.money
        assert sum(one.part.accounts for one in parts) == len(rows)
        assert sum(one.part.no_mrr for one in parts) == sum(row.mrr is None for row in rows) == report.whole.no_mrr
    for band in report.bands:
        assert band.part.accounts == sum(row.health.risk == band.risk for row in rows if row.health)


def test_H8_means_and_shares_are_those_of_the_rows(desk: Desk) -> None:
    report, rows = desk.portfolio(), rows_of(desk)
    scored = [row for row in rows if row.health and row.health.score is not None]
    paying = [row for row in scored if row.mrr and row.mrr > 0]
    exact = [(Fraction(row.health.score), row.mrr or 0) for row in scored if row.health]
    assert report.scored.mean == pytest.approx(float(sum(score for score, _ in exact) / len(exact)))
    weighted = sum(Fraction(row.health.score) * row.mrr for row in paying) / sum(row.mrr for row in paying)
    assert report.scored.weighted_mean == pytest.approx(float(weighted))
    bad = [row for row in scored if row.health and row.health.risk in (Risk.HIGH, Risk.CRITICAL)]
    assert report.scored.at_risk.accounts == len(bad) and report.scored.at_risk_share == len(bad) / len(scored)


def test_H10_industries_are_ranked_weakest_first_and_hold_every_account(desk: Desk) -> None:
    report, rows = desk.portfolio(), rows_of(desk)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[(row.industry or "").strip().casefold() or "unclassified"].append(row)
    assert {one.industry.name.casefold(): one.industry.count for one in report.industries} == {
        name: len(some) for name, some in groups.items()
    }
    told = [one.industry for one in report.industries]
    assert [one.dimmed for one in told] == sorted(one.dimmed for one in told)
    assert all(
        a.mean <= b.mean for a, b in zip(told, told[1:], strict=False) if a.dimmed == b.dimmed and a.mean and b.mean
    )
    for one in report.industries:
        bad = [
            row
            for row in groups[one.industry.name.casefold()]
            if row.health and row.health.risk in ("high", "critical")
        ]
        assert one.at_risk.accounts == len(bad)


def test_H12_tiers_follow_the_cut_offs_of_the_book_context(desk: Desk) -> None:
    report = desk.portfolio()
    a, b = desk.cache.book_context.a_mrr, desk.cache.book_context.b_mrr
    assert a is not None and b is not None and report.book.day == desk.cache.complete_through
    wanted: Counter[tuple[str | None, Risk | None]] = Counter()
    for row in rows_of(desk):
        tier = None if row.mrr is None else "A" if row.mrr >= a else "B" if row.mrr >= b else "C"
        wanted[tier, row.health.risk if row.health else None] += 1
    assert {(one.tier, one.risk): one.part.accounts for one in report.grid if one.part.accounts} == dict(wanted)
    stakes = [one.stake for one in report.urgent]
    assert stakes == sorted(stakes, reverse=True) and len(stakes) == 20
    for one in report.urgent:
        assert one.stake == pytest.approx(one.mrr * (100 - one.score) / 100)


def test_every_number_has_a_list_of_exactly_that_many_accounts(desk: Desk) -> None:
    found = behinds(desk.portfolio())
    assert len(found) > 50
    for behind in found:
        listed = desk.open_list(View(behind.view), Sort.SEVERITY, behind.text)
        while listed.growing:
            listed.grow()
        assert listed.total == behind.accounts, behind


def test_R15_red_and_late_are_counted_as_the_header_counts_them(desk: Desk) -> None:
    report, counts = desk.portfolio(), desk.header().counts
    assert report.red.now.accounts == counts.red == sum(row.red is not None and row.red.is_red for row in rows_of(desk))
    assert report.red.kpis.share.value == counts.red / counts.book
    assert report.red.late.accounts == counts.late
    known = sum(one.red is not None and bool(one.red.cohort) for one in rows_of(desk))
    assert report.red.matured.accounts + report.red.maturing.accounts == known
    assert report.red.kpis.matured.size + report.red.kpis.maturing.size >= known


def test_it_never_uses_the_network_and_a_snooze_hides_nobody(
    server: Running, desk: Desk, session_at: Callable[..., Any]
) -> None:
    """The session has no way to the backend at all."""

    def refuse(url: str, token: str) -> Any:
        raise AssertionError("the network was used")

    session = desk.session
    apart = type(session)(session.place, session.policies, session.clock, refuse, session.token)
    with closing(Desk.open(apart)) as alone:
        told: list[int] = []
        assert alone.portfolio(told.append).whole.accounts == 160 and told == []
        assert any(row.snoozed for row in rows_of(alone))


# --- red cohorts over a trail (R16-R19b) ---


@pytest.fixture
def own(session_at: Callable[..., Any], tmp_path: Path) -> Iterator[tuple[Running, Desk]]:
    """A server of its own, whose accounts may change."""
    with start(accounts=120, seed=3) as running:
        session = session_at(tmp_path / "home", running.url, running.tokens["lead"])
        assert sync_once(session).error is None
        with closing(Desk.open(session)) as opened:
            yield running, opened


def write(desk: Desk, kind: str, account_id: str, params: dict[str, Any]) -> None:
    desk.submit(Order(kind, account_id, params=params), hold=False)
    assert sync_once(desk.session).error is None


def without_case(desk: Desk) -> Row:
    return next(row for row in rows_of(desk) if desk.cache.account(row.id).case is None and not row.red.is_red)


def sizes(report: BookReport) -> tuple[int, int, int]:
    """Episodes, unanswered ones, churned ones."""
    cohorts = (report.red.kpis.matured, report.red.kpis.maturing)
    churned = sum(round((one.churn.value or 0) * one.size) for one in cohorts)
    return sum(one.size for one in cohorts), sum(one.response_hours.pending for one in cohorts), churned


def test_R16_R17_R19_a_case_is_one_episode_answered_and_lost(own: tuple[Running, Desk]) -> None:
    _, desk = own
    episodes, unanswered, churned = sizes(desk.portfolio())
    account_id = without_case(desk).id
    write(desk, "open_case", account_id, {"kind": "red", "causes": ["usage"]})
    assert sizes(desk.portfolio()) == (episodes + 1, unanswered + 1, churned)
    case = desk.cache.account(account_id).case
    write(desk, "update_case", account_id, {"case_id": case.id, "step": "assessed"})
    assert sizes(desk.portfolio()) == (episodes + 1, unanswered, churned)
    write(desk, "update_case", account_id, {"case_id": case.id, "closed": True, "outcome": "churned"})
    assert sizes(desk.portfolio()) == (episodes + 1, unanswered, churned + 1)
    write(desk, "open_case", account_id, {"kind": "recovery", "causes": []})
    report = desk.portfolio()  # the account's case is another one now: only the trail tells of the red one
    assert sizes(report) == (episodes + 1, unanswered, churned + 1)
    for behind in behinds(report):
        assert desk.open_list(View(behind.view), Sort.SEVERITY, behind.text).total == behind.accounts


def test_R19b_an_account_that_is_removed_while_red_stays_in_the_cohorts_as_lost(own: tuple[Running, Desk]) -> None:
    _, desk = own
    account_id = without_case(desk).id
    write(desk, "open_case", account_id, {"kind": "red", "causes": ["usage"]})
    episodes, unanswered, churned = sizes(desk.portfolio())
    from data.account import Tombstone

    assert desk.cache.remove([Tombstone(account_id, 10**9)]) == 1
    report = desk.portfolio()
    assert sizes(report) == (episodes, unanswered, churned + 1) and report.red.removed == 1


def test_R18_arr_at_designation_is_read_off_the_trail_where_nobody_noted_it(own: tuple[Running, Desk]) -> None:
    """A tier change after the designation moves the MRR; the ARR that was designated is the one before."""
    from triage.desk.red_cases import red_cases

    server, desk = own
    rows = [row for row in rows_of(desk) if row.mrr and row.tier == "innovator" and not row.red.is_red]
    accounts = {row.id: desk.cache.account(row.id) for row in rows}
    row = next(row for row in rows if accounts[row.id].case is None and accounts[row.id].payment_mode == "none")
    write(desk, "open_case", row.id, {"kind": "red", "causes": ["usage"]})
    case = desk.cache.account(row.id).case
    write(desk, "update_case", row.id, {"case_id": case.id, "closed": True, "outcome": "recovered"})
    desk.submit(
        Order("change_tier", row.id, None, {"tier": "changemaker"}, "Agreed on the phone with them"), hold=False
    )
    assert sync_once(desk.session).error is None
    after = desk.cache.account(row.id)
    assert after.mrr is not None and after.mrr != row.mrr
    known = red_cases(desk.cache, {}, {}, desk.session.policy, datetime.now(UTC))
    assert [one.arr for one in known.cases if one.account_id == row.id] == [12 * row.mrr]


def test_M21_an_outreach_during_an_alert_stands_apart_from_the_alerted_only(own: tuple[Running, Desk]) -> None:
    _, desk = own
    before = desk.portfolio().outreach
    line = datetime.now(UTC).date() - timedelta(days=28)  # later an answer is too late to have helped
    alerted = [row for row in rows_of(desk) if row.monitor and row.monitor.opened and row.monitor.opened >= line]
    some = next(row for row in alerted if all(one.action != "log_outreach" for one in desk.audit(row.id, None, 20)))
    sent = {"stage": "sent", "channel": "email", "contact": "a@b.example", "subject": "Hello", "template": "check_in"}
    write(desk, "log_outreach", some.id, {**sent, "follow_up_at": None})
    entry = desk.audit(some.id, None, 1)[0]
    found = desk.portfolio().outreach
    assert found.contacted.count == before.contacted.count + 1 and found.alone.count == before.alone.count - 1
    assert found.written == before.written + 1 and found.answered == before.answered
    assert (
        found.behind_contacted.accounts == before.behind_contacted.accounts + 1
        and some.id in found.behind_contacted.text
    )
    write(desk, "log_reply", some.id, {"outreach_id": entry.change_id})
    assert desk.portfolio().outreach.answered == before.answered + 1
    for behind in (found.behind_contacted, found.behind_alone):
        assert desk.open_list(View(behind.view), Sort.SEVERITY, behind.text).total == behind.accounts


def test_M13_a_fleet_day_is_told_with_those_who_fell(desk: Desk) -> None:
    import msgspec

    assert desk.portfolio().fleet is None
    days = Counter(row.monitor.opened for row in rows_of(desk) if row.monitor and row.monitor.opened)
    day, fell = days.most_common(1)[0]
    desk.cache.keep_book_context(msgspec.structs.replace(desk.cache.book_context, fleet_days=(day,), crossed=fell))
    fleet = desk.portfolio().fleet
    assert fleet is not None and (fleet.day, fleet.fell.accounts) == (day, fell)
    assert desk.open_list(View.BOOK, Sort.SEVERITY, fleet.fell.text).total == fell


def test_filters_behind_numbers_are_read_again_as_they_were_written(desk: Desk) -> None:
    """Names with quotes and blanks, ids with capitals, and what half a number is."""
    from data.list_filter import filter_tests, named, these

    for value in ("A", 'A "quoted" one', "two words", "ß", "a:b"):
        assert filter_tests(named("industry", value))[:2] == (["industry = ?"], [value.casefold()])
    assert json.loads(filter_tests(these(["Acc_1", 'b"c']))[1][0]) == ["Acc_1", 'b"c']
    for text in ("mrr-from:x", "mrr-below:99999999999999999999", "sla-before:soon", "designated-from:2026-01-01T00:00"):
        assert filter_tests(text)[:2] == (["0"], [])
        assert desk.open_list(View.BOOK, Sort.NAME, text).total == 0


@pytest.mark.parametrize(
    "text",
    ["health:critical,high", "mrr:unknown", "fell:2026-01-01", "unanswered:yes", "alerted:yes", "id:a", "not-id:a",
     "designated-from:2026-01-01T00:00:00Z", "designated-before:2026-01-01T00:00:00Z"],
)  # fmt: skip
@pytest.mark.parametrize("view", [View.BOOK, View.RED])
def test_no_filter_sorts_or_scans_without_an_index(desk: Desk, view: View, text: str) -> None:
    from data.cache_lists import list_query

    for sort in Sort:
        sql, values = list_query(view, sort, text, False, False)
        plan = [step[3] for step in desk.cache.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        reads = [step for step in plan if " listing" in step]
        assert reads and all("USING" in step for step in reads), plan
        if not text.startswith("id:"):  # few accounts by their key, put in order afterwards
            assert not any("TEMP B-TREE" in step for step in plan), plan


def test_records_of_a_kind_are_found_by_their_index(desk: Desk) -> None:
    """Not by a walk over the trail: the very statement that `records` runs is asked for its plan."""
    asked: list[str] = []
    desk.cache.connection.set_trace_callback(asked.append)
    list(desk.cache.records(("open_case", "update_case")))
    desk.cache.connection.set_trace_callback(None)
    plan = [step[3] for step in desk.cache.connection.execute(f"EXPLAIN QUERY PLAN {asked[-1]}")]
    assert any("audit_action" in step for step in plan), plan
