"""The seeded book is a healthy one by the client's own rules: shares, causes, cases at every stage of their work."""

import uuid
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import pytest
from kit.judged_book import POLICY, Judged, judged

from data.health_monitor import MonitorState
from data.red_account import RedCase
from triage.rules.monitor_route import template_gaps
from triage.rules.red_kpis import red_kpis
from triage.sandbox.book_history import change_id

SATURDAY, MONDAY = date(2026, 11, 21), date(2026, 11, 16)
ALERTS = (MonitorState.MODERATE, MonitorState.SEVERE)
BOOKS = [(300, 7, SATURDAY), (1000, 7, SATURDAY), (1000, 1, SATURDAY), (1000, 3, MONDAY)]


@lru_cache(maxsize=4)
def book(count: int = 1000, seed: int = 7, today: date = SATURDAY) -> list[Judged]:
    return judged(count, seed, today)


def percent(found: int, whole: list[Judged]) -> float:
    return 100 * found / len(whole)


@pytest.mark.parametrize("which", BOOKS, ids=str)
def test_R15_few_are_red_by_every_cause(which: tuple[int, int, date]) -> None:
    whole = book(*which)
    red = [one.row.red for one in whole if one.row.red and one.row.red.is_red]
    assert 4 <= percent(len(red), whole) <= 7.2
    causes = Counter(cause for one in red for cause in one.causes)
    few = 3 if len(whole) >= 1000 else 1
    for cause in ("usage", "relationship", "support", "financial", "adoption", "product"):
        assert causes[cause] >= few, causes


@pytest.mark.parametrize("which", BOOKS, ids=str)
def test_M8_few_have_an_alert_and_most_of_these_are_moderate(which: tuple[int, int, date]) -> None:
    whole = book(*which)
    states = Counter(one.row.monitor.state for one in whole if one.row.monitor)
    assert 5 <= percent(states[MonitorState.MODERATE] + states[MonitorState.SEVERE], whole) <= 9
    assert states[MonitorState.MODERATE] > 1.5 * states[MonitorState.SEVERE] > 0
    assert 2 <= percent(states[MonitorState.DORMANT], whole) <= 6
    assert states[MonitorState.DATA_GAP] > 0
    assert states[MonitorState.NEW] > 0


@pytest.mark.parametrize("which", BOOKS, ids=str)
def test_H7_D3_the_classes_and_leaves_are_those_of_a_healthy_book(which: tuple[int, int, date]) -> None:
    whole = book(*which)
    risks = Counter(str(one.row.health.risk) for one in whole if one.row.health)
    for risk, low, high in (("low", 55, 73), ("medium", 19, 30), ("high", 3.5, 10), ("critical", 1.5, 5)):
        assert low <= percent(risks[risk], whole) <= high, risks
    assert risks["None"] > 0 or len(whole) < 1000  # H5: insufficient data
    leaves = Counter(one.row.tree.leaf for one in whole if one.row.tree)
    assert leaves.most_common(1)[0][0] == "HEALTHY"
    assert percent(leaves["HEALTHY"], whole) > 33
    assert 1 <= percent(leaves["CRITICAL"], whole) <= 6
    assert set(leaves) == {"HEALTHY", "NEEDS_ATTENTION", "AT_RISK", "CRITICAL", "UNDETERMINED"}
    assert sum(one.row.tree is not None and bool(one.row.tree.despite) for one in whole) > 0.03 * len(whole)


def test_H15_some_may_be_sold_more_once_their_trend_is_known() -> None:
    assert sum(one.row.health is not None and one.row.health.upsell is None for one in book()) > 30


@pytest.mark.parametrize("seed", [7, 1])
def test_R11_R20_red_cases_stand_at_every_stage_of_their_clocks(seed: int) -> None:
    red = [one.row.red for one in book(1000, seed) if one.row.red and one.row.red.is_red]
    assert {one.next_clock for one in red} == {"assessment", "root_cause", "plan", "executive_review", None}
    assert sum(one.late > 0 for one in red) >= 3
    assert sum(one.delayed for one in red) >= 2
    assert sum(one.step == "open_red" for one in red) >= 2
    noon = datetime.combine(SATURDAY, time(12), UTC)
    designated = [one.opened_at for one in red if one.opened_at and one.step is None]
    assert sum(noon - at < timedelta(days=1) for at in designated) >= 2
    assert 4 * len(designated) > 3 * len(red)


def test_H13_some_recovery_cases_are_open() -> None:
    cases = [one.account.case for one in book() if one.account.case]
    assert sum(case.kind == "recovery" and case.closed_at is None for case in cases) >= 5
    assert any(one.row.red and one.row.red.step == "upgrade_to_red" for one in book())


def test_R16_R19_closed_episodes_make_matured_cohorts() -> None:
    noon = datetime.combine(SATURDAY, time(12), UTC)
    told = [(one.account.id, case) for one in book() if one.row.red for case in one.row.red.cohort]
    cohort = [
        RedCase(
            account_id=account_id,
            opened_at=case.opened_at,
            responded_at=case.responded_at,
            recovered_at=case.recovered_at,
            churned_at=case.churned_at,
            ended_at=case.ended_at,
            currency="EUR",
            arr=case.arr,
            renewed=case.renewed,
        )
        for account_id, case in told
    ]
    matured = red_kpis(cohort, 0, len(book()), POLICY, noon).matured
    assert matured.size >= 10
    assert matured.recovery.value is not None and 0.5 <= matured.recovery.value <= 0.8
    assert matured.churn.value is not None and 0 < matured.churn.value < 0.4


@pytest.mark.parametrize("seed", [7, 1])
def test_M17_most_drafts_are_complete_and_a_few_have_gaps(seed: int) -> None:
    alerted = [one for one in book(1000, seed) if one.row.monitor and one.row.monitor.state in ALERTS]
    gaps = sum(bool(template_gaps(one.account, POLICY.monitor)) for one in alerted)
    assert 0 < gaps < 0.2 * len(alerted)


def test_M20_mails_were_sent_some_answered_and_some_due_for_a_follow_up() -> None:
    answered = due = 0
    for one in book():
        sent: dict[str, str] = {}
        for number, entry in enumerate(one.made.entries):
            if entry["action"] == "log_outreach" and entry["params"]["template"] == "check_in":
                sent[change_id(one.account.id, number, entry["applied_at"])] = entry["applied_at"]
            if entry["action"] == "log_reply":
                assert uuid.UUID(entry["params"]["outreach_id"]) and sent.pop(entry["params"]["outreach_id"])
                answered += 1
        due += any(at < (SATURDAY - timedelta(days=7)).isoformat() for at in sent.values())
    assert answered >= 8
    assert due >= 3
