"""Where the seeds disagree: every system says its own thing of an account, by its own yardstick; none overrules."""

from datetime import timedelta

import pytest

from data.health_book import Past
from triage.rules.assess import explain, judge
from triage.rules.health import Rulebook, health_verdicts, read_health
from triage.tree_file import load_tree

SEATS = 5
GOOD = {
    "adoption_pct": 90.0,
    "last_active_at": "2026-11-20T10:00:00Z",
    "nps": [{"score": 9, "at": "2026-11-01"}],
    "csat": [{"score": 9.0, "scale": 10, "at": "2026-11-01"}],
    "tickets": {"open": 0, "urgent": 0, "oldest_open_days": None, "escalated": 0, "resolution_hours_90d": None},
    "outreach": {"responses_90d": 9, "attempts_90d": 10, "missed_check_in": None},
    "champion": {"name": "Noor", "left_at": None},
    "payment": {"days_late": 0},
    "contraction_notice": False,
    "competitor_evaluation": False,
}


def series(before, after, days=14):
    """So many users every day of 180, and so many of the last `days`."""
    return [before] * (180 - days) + [after] * days


def judged(kit, daily, **fields):
    """The row of one account, and what each system says of it, as a cache would have it."""
    now, day = kit.now, kit.day
    signals = {**GOOD, **fields.pop("signals", {}), "active_users_daily": daily, "as_of": day}
    known = {"created_at": "2024-01-01T00:00:00Z", "tier": "innovator", "renewal_at": "2027-06-01T00:00:00Z"}
    account = kit.account(**{**known, **fields, "signals": kit.signals(**signals)})
    rules = Rulebook(kit.policy, load_tree())
    row, after = judge(account, (), Past(), rules, now, day)
    found = read_health(account, after, rules, now, day)
    told = (*explain(account, (), kit.policy, now, day), *health_verdicts(account, found, rules, now, day))
    return row, told


def said(told, rule):
    return [one.verdict for one in told if one.rule == rule]


@pytest.mark.parametrize(
    ("users", "monitor", "red"),
    [
        ((5, 4), "ok", ()),  # R 0.80: nobody says anything
        ((5, 2), "moderate", ("usage",)),  # R 0.40: M moderate; R by the decline of 60 % in 60 days, not by the quarter
        ((5, 1), "severe", ("usage",)),  # R 0.20: both lines of R4
    ],
)
def test_M8_R4_one_drop_is_held_against_three_yardsticks(kit, users, monitor, red):
    row, told = judged(kit, series(*users))
    assert (row.monitor.state, row.red.causes) == (monitor, red)
    lines = {line["line"]: line["red"] for one in told if one.rule == "R4" for line in one.inputs["lines"]}
    ratio = users[1] / users[0]
    assert lines == {"usage.ratio": ratio < 0.25, "usage.decline": 1 - ratio >= 0.5}
    assert said(told, "D5") == ["Q1 yes"], "the tree's 60 % is of the seats, and is still met"


def test_M8_R3_a_slow_decline_alarms_the_monitor_and_not_the_red_lines(kit):
    """Already low 60 days ago: R's decline is measured from there, M's ratio from the 90 days before the window."""
    daily = [5] * 112 + [4] * 54 + [2] * 14
    row, told = judged(kit, daily)
    assert row.monitor.state == "moderate" and row.monitor.ratio == pytest.approx(40 / ((36 * 100 + 54 * 80) / 90))
    assert row.red.causes == ("usage",)  # 40 of 80 is half gone, inclusive
    row, told = judged(kit, [5] * 106 + [3] * 60 + [2] * 14)  # 60 -> 40 since then is a third
    assert (row.monitor.state, row.red.causes, row.red.is_red) == ("moderate", (), False)


def test_D_R_H_a_critical_leaf_a_red_account_and_a_low_risk_stand_side_by_side(kit):
    """The champion left and the renewal is near: D says critical by its questions, R Red, H still low risk."""
    row, told = judged(
        kit,
        series(5, 5),
        renewal_at=kit.now + timedelta(days=30),
        signals={
            "adoption_pct": 55.0,
            "nps": [{"score": 6, "at": "2026-11-01"}],
            "csat": [{"score": 10.0, "scale": 10, "at": "2026-10-01"}],
            "outreach": {"responses_90d": 1, "attempts_90d": 10, "missed_check_in": None},
        },
    )
    assert (row.tree.leaf, row.health.risk, row.red.causes) == ("CRITICAL", "low", ("relationship",))
    assert (row.category, row.monitor.state) == (None, "ok"), "at-risk is a capacity list, not a health class"
    assert said(told, "D10") == ["CRITICAL"] and said(told, "H7") == ["low"] and said(told, "R3") == ["relationship"]


def test_A_a_capped_account_is_at_risk_and_healthy(kit):
    row, told = judged(
        kit, series(5, 5), tier="free", workspaces=[{"hours_used": 1.0, "hours_included": 1.0, "seats_licensed": SEATS}]
    )
    assert (row.category, row.health.risk, row.tree.leaf, row.monitor.state) == ("at_cap", "low", "HEALTHY", "ok")
    assert not row.red.is_red and said(told, "A1") == ["at_cap"]


def test_D_H_R_three_facts_about_one_episode(kit):
    """Everything is bad: all fire, each under its own rule, and one case is asked for."""
    row, told = judged(
        kit,
        series(5, 1),
        renewal_at=kit.now + timedelta(days=30),
        signals={
            "adoption_pct": 5.0,
            "last_active_at": "2026-10-01T00:00:00Z",
            "nps": [{"score": 0, "at": "2026-11-01"}],
            "csat": [{"score": 1.0, "scale": 10, "at": "2026-11-01"}],
            "tickets": {"open": 9, "urgent": 3, "oldest_open_days": 40.0, "escalated": 4, "resolution_hours_90d": 90.0},
            "outreach": {"responses_90d": 0, "attempts_90d": 9, "missed_check_in": True},
            "champion": {"name": "Noor", "left_at": "2026-11-01"},
            "payment": {"days_late": 70},
            "contraction_notice": True,
            "competitor_evaluation": True,
        },
    )
    assert (row.monitor.state, row.tree.leaf, row.health.risk) == ("severe", "CRITICAL", "critical")
    assert row.red.causes == ("composite", "usage", "relationship", "support", "financial")
    assert row.red.step == "open_red", "one case, whatever fired"
    rules = {one.rule for one in told}
    assert rules >= {"M8", "M12", "D10", "H7", "H13", "R2", "R3", "R4", "R5", "R6", "R7"}
