"""The automatic answers: every boundary of D5-D9 and D12 on both sides, and what is not known."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.rules.tree_answers import answers_turn_at, signal_answers

DAY = date(2026, 11, 20)
TICKETS = {"open": 0, "urgent": 0, "oldest_open_days": None, "escalated": 0, "resolution_hours_90d": None}
HOUR, MICRO = timedelta(hours=1), timedelta(microseconds=1)


@pytest.fixture(scope="session")
def answer(kit):
    """The answer to one question as `yes by signals`, from signals and fields of the account."""

    def run(question, *, through=DAY, now=None, **fields):
        found = signal_answers(kit.account(**fields), kit.policy, now or kit.now, through)
        assert [one.question for one in found] == ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
        one = next(one for one in found if one.question == question)
        assert one.why and (one.answer == "unknown") == (one.source == "none")
        return f"{one.answer} by {one.source}"

    return run


@pytest.mark.parametrize(
    ("percent", "said"),
    [(0.0, "no"), (59.9, "no"), (60.0, "no"), (60.0 + 1e-10, "no"), (60.0 + 1e-8, "yes"), (100.0, "yes")],
)
def test_D5_adoption_strictly_above_60(answer, kit, percent, said):
    assert answer("Q1", signals=kit.signals(adoption_pct=percent)) == f"{said} by signals"


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(days=14), "yes"),
        (timedelta(days=14, microseconds=86), "yes"),  # the tolerance: 1e-9 of a day
        (timedelta(days=14, microseconds=87), "no"),
        (timedelta(0), "yes"),
        (timedelta(days=-1), "yes"),
        (timedelta(days=400), "no"),
    ],
)
@pytest.mark.parametrize("where", ["active", "login"])
def test_D6_the_later_of_activity_and_login_within_14_days(answer, kit, age, said, where):
    old = kit.now - timedelta(days=500)
    active, login = (kit.now - age, old) if where == "active" else (old, kit.now - age)
    fields = {"signals": kit.signals(last_active_at=active), "admin_logins": kit.logins(last_at=login)}
    assert answer("Q2", **fields) == f"{said} by signals"


def test_D6_what_is_known_decides(answer, kit):
    fresh, old = kit.ago(days=1), kit.ago(days=40)
    assert answer("Q2", signals=None, admin_logins=None) == "unknown by none"
    assert answer("Q2", signals=kit.signals(), admin_logins=None) == "unknown by none"
    assert answer("Q2", signals=kit.signals(last_active_at=fresh), admin_logins=None) == "yes by signals"
    assert answer("Q2", signals=kit.signals(last_active_at=old), admin_logins=None) == "no by signals"
    assert answer("Q2", signals=None, admin_logins=kit.logins(last_at=old)) == "no by signals"
    assert answer("Q2", signals=None, admin_logins=kit.logins(last_at=None)) == "no by signals"
    never = kit.logins(last_at=None)
    assert answer("Q2", signals=kit.signals(last_active_at=fresh), admin_logins=never) == "yes by signals"


def nps(score, ago=0):
    return {"score": score, "at": DAY - timedelta(days=ago)}


def csat(score, scale=10, ago=0):
    return {"score": score, "scale": scale, "at": DAY - timedelta(days=ago)}


@pytest.mark.parametrize(
    ("promoters", "scores", "said"),
    [
        ([nps(7)], [], "yes by signals"),
        ([nps(6)], [], "no by signals"),
        ([], [csat(8.0)], "yes by signals"),
        ([], [csat(7.99)], "no by signals"),
        ([], [csat(4.0, 5)], "yes by signals"),
        ([], [csat(3.9, 5)], "no by signals"),
        ([nps(9)], [csat(2.0)], "no by signals"),  # two on one day: the worse
        ([nps(2)], [csat(9.0)], "no by signals"),
        ([nps(9), nps(3)], [], "no by signals"),
        ([nps(9)], [csat(9.0)], "yes by signals"),
        ([nps(9, 1)], [csat(2.0)], "no by signals"),  # the most recent one
        ([nps(2, 1)], [csat(9.0)], "yes by signals"),
        ([nps(9), nps(2, 5)], [], "yes by signals"),
        ([nps(2, 5), nps(9)], [], "yes by signals"),
        ([nps(9, 90)], [], "yes by signals"),
        ([nps(9, 91)], [], "unknown by none"),
        ([nps(2, 91)], [csat(2.0, ago=300)], "unknown by none"),
        ([nps(9, 91)], [csat(2.0, ago=90)], "no by signals"),
        ([nps(9, -1)], [], "yes by signals"),
        ([], [], "unknown by none"),
        ([], [csat(3.0, 0)], "unknown by none"),
    ],
)
def test_D7_the_most_recent_survey(answer, kit, promoters, scores, said):
    assert answer("Q3", signals=kit.signals(nps=promoters, csat=scores)) == said


def test_D7_ages_are_whole_days_to_the_assessment_day(answer, kit):
    signals = kit.signals(nps=[nps(9, 90)])
    assert answer("Q3", signals=signals, through=None) == "yes by signals"
    assert answer("Q3", signals=signals, through=DAY + timedelta(days=1)) == "unknown by none"
    assert answer("Q3", signals=signals, through=DAY - timedelta(days=5)) == "yes by signals"
    bare = {"signals": signals | {"as_of": None}, "workspaces": [], "admin_logins": None}
    assert answer("Q3", **bare, through=None) == "unknown by none"  # the clock's day: 2026-11-21
    assert answer("Q3", **bare, through=None, now=kit.now - timedelta(days=1)) == "yes by signals"
    assert answer("Q3", signals=None) == "unknown by none"


@pytest.mark.parametrize(
    ("count", "oldest", "said"),
    [
        (0, None, "no by signals"),
        (3, 14.0, "no by signals"),
        (3, 14.0 + 1e-10, "no by signals"),
        (3, 14.0 + 1e-8, "yes by signals"),
        (4, 0.1, "yes by signals"),
        (4, None, "yes by signals"),
        (1, 14.1, "yes by signals"),
        (None, 14.1, "yes by signals"),
        (None, 3.0, "unknown by none"),
        (2, None, "unknown by none"),
        (None, None, "unknown by none"),
    ],
)
def test_D8_tickets_strictly_above_both_lines(answer, kit, count, oldest, said):
    tickets = TICKETS | {"open": count, "oldest_open_days": oldest}
    assert answer("Q4", signals=kit.signals(tickets=tickets)) == said


def test_D8_no_queue_is_not_an_empty_queue(answer, kit):
    assert answer("Q4", signals=kit.signals(tickets=None)) == "unknown by none"
    assert answer("Q4", signals=None) == "unknown by none"


@pytest.mark.parametrize("question", ["Q5", "Q6"])
@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=90), "yes"),
        (timedelta(days=90, microseconds=86), "yes"),
        (timedelta(days=90, microseconds=87), "no"),
        (timedelta(days=365), "no"),
        (timedelta(0), "yes"),
        (timedelta(days=-1), "yes"),
        (timedelta(days=-400), "yes"),
    ],
)
def test_D9_renewal_within_90_days_or_past(answer, kit, question, left, said):
    assert answer(question, renewal_at=kit.now + left) == f"{said} by signals"


def test_D9_no_date_is_unknown(answer):
    assert answer("Q5", renewal_at=None) == answer("Q6", renewal_at=None) == "unknown by none"


@pytest.mark.parametrize(
    ("count", "used", "available", "said"),
    [
        (5, None, None, "yes by proxy"),  # 5/8 = 62.5 %
        (4, None, None, "no by proxy"),
        (0, None, None, "no by proxy"),
        (None, 3, 10, "yes by proxy"),  # 30 % of the features: 60 % of one half
        (None, 2, 10, "no by proxy"),
        (None, 299, 1000, "no by proxy"),
        (None, 300, 1000, "yes by proxy"),
        (5, 3, 10, "yes by proxy"),
        (5, 2, 10, "no by proxy"),
        (4, 10, 10, "no by proxy"),
        (5, 3, None, "yes by proxy"),
        (5, None, 10, "yes by proxy"),
        (5, 0, 0, "yes by proxy"),
        (None, 3, 0, "unknown by none"),
        (None, None, None, "unknown by none"),
    ],
)
def test_D12_proxies_where_adoption_is_unknown(answer, kit, count, used, available, said):
    signals = kit.signals(adoption_pct=None, features_used=used, features_available=available)
    logins = kit.logins(count_30d=count, daily=None)
    assert answer("Q1", signals=signals, admin_logins=logins) == said
    known = signals | {"adoption_pct": 10.0}
    assert answer("Q1", signals=known, admin_logins=logins) == "no by signals"


def test_D12_logins_are_counted_to_the_feeds_day_and_may_be_all_there_is(answer, kit):
    logins = kit.logins(count_30d=8, daily=[0] * 22 + [1] * 8)
    assert answer("Q1", signals=None, admin_logins=logins) == "yes by proxy"
    spent = kit.logins(count_30d=8, daily=[1] * 8 + [0] * 22)
    assert answer("Q1", signals=None, admin_logins=spent, through=DAY + timedelta(days=3)) == "yes by proxy"
    assert answer("Q1", signals=None, admin_logins=spent, through=DAY + timedelta(days=4)) == "no by proxy"
    assert answer("Q1", signals=None, admin_logins=None) == "unknown by none"


def test_D5_D9_a_changed_policy_changes_the_answers(kit, tmp_path):
    from triage.policy import load_policy

    own = tmp_path / "mine.toml"
    own.write_text("[tree]\nadoption_pct = 80.0\nrenewal_days = 30.0\n", encoding="utf-8")
    account = kit.account(renewal_at=kit.now + timedelta(days=31))
    now = [one.answer for one in signal_answers(account, kit.policy, kit.now, DAY)]
    then = [one.answer for one in signal_answers(account, load_policy(own), kit.now, DAY)]
    assert (now[0], now[4], then[0], then[4]) == ("yes", "yes", "no", "no")


@given(
    active=st.none() | st.integers(-3 * 24, 40 * 24),
    login=st.none() | st.integers(-3 * 24, 40 * 24),
    renewal=st.none() | st.integers(-40 * 24, 200 * 24),
)
@settings(max_examples=150, deadline=None)
def test_D6_D9_nothing_turns_before_answers_turn_at_and_something_does_then(kit, active, login, renewal):
    def before(hours):
        return None if hours is None else kit.now - hours * HOUR

    account = kit.account(
        signals=kit.signals(last_active_at=before(active)),
        admin_logins=kit.logins(last_at=before(login)),
        renewal_at=None if renewal is None else kit.now + renewal * HOUR,
    )

    def said(now: datetime):
        found = signal_answers(account, kit.policy, now, DAY)
        late = account.renewal_at is not None and (account.renewal_at - now).total_seconds() / 86400 < -1e-9
        return [one.answer for one in found], late

    turn = answers_turn_at(account, kit.policy, kit.now)
    later = [kit.now + step * HOUR for step in range(0, 260 * 24, 11)]
    if turn is None:
        assert all(said(moment) == said(kit.now) for moment in later[:: len(later) // 8])
    else:
        assert said(turn - MICRO) == said(kit.now) != said(turn)
