"""R10–R13, R20: designation records, SLA clocks, cadence, banner, playbooks with checkable success."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.red_book import DAY, FINE, NOW, case, facts, healthy, read, signals

from triage.rules import red_causes, red_work
from triage.rules.red_verdicts import red_verdicts

SECOND = timedelta(seconds=1)


def red(kit, after=timedelta(0), *, server=None, episode=None, **fields):
    """A Red account read so long after its designation; `server` are the stamps of its case."""
    first = read(kit, signals=healthy(kit, late=5)).episode if episode is None else episode
    told = {"case": None if server is None else case(designated=NOW, **server)}
    day = DAY + timedelta(days=after.days)
    return read(kit, FINE, first, day=day, now=NOW + after, signals=healthy(kit, day=day, late=5), **told, **fields)


def test_R10_four_records_once_per_episode(kit):
    first, later = red(kit), red(kit, timedelta(days=9))
    keys = [f"red:acc_1:2026-11-20:{step}" for step in ("task", "manager", "sales", "executive")]
    assert [one.key for one in first.tasks[:4]] == [one.key for one in later.tasks[:4]] == keys
    assert [one.who for one in first.tasks[:4]] == ["csm", "manager", "sales", "executive"]
    assert {one.due_at for one in first.tasks[:4]} == {NOW}
    noted = red_work.designations(kit.account(), first.episode, kit.policy, {keys[1]})
    assert [one.done for one in noted] == [False, True, False, False]
    assert red_work.key("acc_1", DAY) == "red:acc_1:2026-11-20"


def test_R10_once_the_server_has_designated_its_day_is_the_episodes_on_every_machine(kit):
    ours = red(kit, server={})
    later = read(kit, FINE, None, signals=healthy(kit, late=5), case=case(designated=NOW), now=NOW + timedelta(days=3))
    keys = [f"red:acc_1:2026-11-21:{step}" for step in ("task", "manager", "sales", "executive")]
    assert [one.key for one in ours.tasks[:4]] == [one.key for one in later.tasks[:4]] == keys
    assert ours.episode.opened == DAY and later.episode.opened == NOW.date()


@pytest.mark.parametrize(
    ("name", "hours"), [("assessment", 24), ("root_cause", 48), ("plan", 7 * 24), ("executive_review", 14 * 24)]
)
def test_R11_each_clock_on_both_sides(kit, name, hours):
    def clock(after):
        return next(one for one in red(kit, after).clocks if one.name == name)

    due = timedelta(hours=hours)
    assert clock(due).due_at == NOW + due
    assert [clock(due - SECOND).late, clock(due).late, clock(due + SECOND).late] == [False, False, True]


def test_R11_stamps_of_the_server_finish_a_clock_and_a_late_one_stays_late(kit):
    server = {"assessed": NOW + timedelta(hours=24), "root_cause": NOW + timedelta(hours=49)}
    reading = red(kit, timedelta(hours=60), server=server)
    assert [(one.name, one.late) for one in reading.clocks] == [
        ("assessment", False),
        ("root_cause", True),
        ("plan", False),
        ("executive_review", False),
    ]
    assert reading.sla_due_at == NOW + timedelta(days=7)
    [(key, breach)] = red_work.breaches(kit.account(case=case(designated=NOW, **server)), reading)
    assert (key, breach.name) == ("red:acc_1:2026-11-21:late:root_cause", "root_cause")
    done = dict.fromkeys(("assessed", "root_cause", "planned", "reviewed"), NOW + SECOND)
    assert red(kit, timedelta(days=40), server=done).sla_due_at is None
    assert red(kit, timedelta(days=40)).sla_due_at == NOW + timedelta(days=1)


def test_R11_the_clock_starts_at_the_servers_stamp_and_another_case_stamps_nothing(kit):
    episode = read(kit, signals=healthy(kit, late=5)).episode
    stamped = case(opened=NOW - timedelta(days=3), designated=NOW + timedelta(minutes=5), assessed=NOW)
    reading = read(kit, FINE, episode, signals=healthy(kit, late=5), case=stamped)
    assert reading.clocks[0].due_at == NOW + timedelta(minutes=5, hours=24) and reading.clocks[0].done_at == NOW
    for other in (
        case(designated=NOW - timedelta(days=90), closed=NOW - timedelta(days=60), assessed=NOW - timedelta(days=89)),
        case(kind="recovery", assessed=NOW),
    ):
        foreign = read(kit, FINE, episode, signals=healthy(kit, late=5), case=other)
        assert foreign.clocks[0].due_at == NOW + timedelta(hours=24) and foreign.clocks[0].done_at is None


def cadence(kit, after, high_value=False):
    tasks = red(kit, after, high_value=high_value).tasks[4:]
    return {one.key.split(":")[3]: (int(one.key.split(":")[4]), one.due_at - NOW) for one in tasks}


@pytest.mark.parametrize(
    ("day", "review", "leadership", "executive", "again"),
    [(0, 1, 7, 14, 30), (1, 1, 7, 14, 30), (7, 7, 7, 14, 30), (8, 8, 14, 14, 30), (15, 15, 21, 28, 30),
     (30, 30, 35, 42, 30), (31, 37, 35, 42, 60), (37, 37, 42, 42, 60), (38, 44, 42, 42, 60), (61, 65, 63, 70, 90)],
)  # fmt: skip
def test_R12_cadence(kit, day, review, leadership, executive, again):
    found = cadence(kit, timedelta(days=day), high_value=True)
    assert [number for number, _ in found.values()] == [review, leadership, executive, again]
    assert all(due == timedelta(days=number) for number, due in found.values())
    assert "executive_check_in" not in cadence(kit, timedelta(days=day))


def test_R12_without_duplicates_over_200_days_and_whole(kit):
    """Every day derives tasks twice; the set of keys is the rhythm itself, no more and no less."""
    episode, seen = red(kit).episode, {}
    account = kit.account()
    for hour in range(0, 200 * 24, 12):
        for task in red_work.cadence(account, episode, kit.policy, NOW + timedelta(hours=hour), True):
            assert seen.setdefault(task.key, task) == task
    found = {}
    for key in seen:
        found.setdefault(key.split(":")[3], set()).add(int(key.split(":")[4]))
    assert found["health_review"] >= {*range(1, 31), *range(37, 199, 7)}
    assert found["health_review"] <= {*range(1, 31), *range(37, 210, 7)}
    assert found["leadership"] - set(range(7, 210, 7)) == set() and len(found["leadership"]) >= 28
    assert found["executive_check_in"] <= set(range(14, 220, 14)) and found["re_evaluation"] <= set(range(30, 240, 30))


@settings(max_examples=80, deadline=None)
@given(hours=st.floats(0, 4000), high_value=st.booleans())
def test_R12_the_next_task_is_never_before_today(kit, hours, high_value):
    now = NOW + timedelta(hours=hours)
    for _, due in cadence(kit, timedelta(hours=hours), high_value).values():
        assert NOW + due >= now.replace(hour=0, minute=0, second=0, microsecond=0)


def test_R20_banner_at_day_14_without_an_intervention(kit):
    at = timedelta(days=14)
    assert [red(kit, at - SECOND).delayed, red(kit, at).delayed, red(kit, at + SECOND).delayed] == [False, True, True]
    assert not red(kit, at, server={"intervened": NOW + at - SECOND}).delayed
    assert red(kit, at, server={"reviewed": NOW + SECOND}).delayed


def test_R11_R20_good_until_is_the_next_moment_of_the_clock(kit):
    reading = red(kit)
    account = kit.account()
    midnight = NOW.replace(hour=0, minute=0) + timedelta(days=1)
    assert red_work.good_until(reading, account, kit.policy, NOW) == midnight
    late = NOW + timedelta(days=1) - timedelta(minutes=1)
    assert red_work.good_until(reading, account, kit.policy, late) == NOW + timedelta(days=1, microseconds=1)
    done = msgspec.structs.replace(reading, clocks=())
    assert red_work.good_until(done, account, kit.policy, NOW + timedelta(days=13, hours=23)) == NOW + timedelta(
        days=14
    )
    assert red_work.good_until(read(kit, signals=healthy(kit)), account, kit.policy, NOW) is None


def criteria(kit, cause, told, *, usage=FINE, **start):
    first = {"usage": 30.0, "tickets": 8, **start}
    episode = msgspec.structs.replace(red(kit).episode, **first)
    found = red_causes.check(cause, kit.account(signals=told), usage, episode, kit.policy, DAY)
    return [one.met for one in found]


def test_R13_five_playbooks_as_data(kit):
    books = kit.policy.red.playbooks
    weeks = {name: (book.weeks_from, book.weeks_to) for name, book in books.items()}
    assert weeks == {
        "adoption": (4, 8),
        "integration": (2, 4),
        "value": (6, 12),
        "relationship": (4, 8),
        "support": (3, 6),
    }
    assert all(book.steps and len(book.success) >= 2 for book in books.values())
    assert "table counts" in books["relationship"].note and "table counts" in books["value"].note
    assert red_causes.playbook("of_tomorrow", kit.policy) is None
    assert red_causes.check("of_tomorrow", kit.account(), FINE, red(kit).episode, kit.policy, DAY) == ()


def test_R13_adoption_is_usage_40_percent_up_and_three_modules(kit):
    def products(*shares):
        return signals(
            kit, products=[{"name": f"P{i}", "adoption_pct": one, "since": None} for i, one in enumerate(shares)]
        )

    three, two = products(25.0, 60.0, 30.0, 3.0), products(24.9, 60.0, 30.0)
    assert criteria(kit, "adoption", three, usage=facts(42.0)) == [True, True]
    assert criteria(kit, "adoption", two, usage=facts(41.9)) == [False, False]
    assert criteria(kit, "adoption", products(None), usage=facts(None)) == [None, None]
    assert criteria(kit, "adoption", signals(kit, features_used=3)) == [True, True]
    assert criteria(kit, "adoption", None, usage=facts(42.0)) == [True, None]


def test_R13_integration_relationship_support_and_value(kit):
    assert criteria(kit, "integration", signals(kit, escalated=0), usage=facts(70.0, 100.0)) == [True, None, True]
    assert criteria(kit, "integration", signals(kit, escalated=1), usage=facts(69.9, 100.0)) == [False, None, False]
    assert criteria(kit, "relationship", signals(kit, left=False, rate=(7, 10))) == [True, True]
    assert criteria(kit, "relationship", signals(kit, left=True, rate=(69, 100))) == [False, False]
    assert criteria(kit, "relationship", signals(kit, rate=(2, 2))) == [None, None]
    assert criteria(kit, "support", signals(kit, csat=7.0, escalated=4)) == [True, True]
    assert criteria(kit, "support", signals(kit, csat=6.9, escalated=5)) == [False, False]
    assert criteria(kit, "support", signals(kit, csat=9.0, escalated=0), tickets=None) == [True, None]
    old = signals(kit) | {"csat": [{"score": 9.0, "scale": 10, "at": DAY - timedelta(days=1)}]}
    assert criteria(kit, "support", old)[0] is None
    assert criteria(kit, "value", healthy(kit)) == [None, None]


def test_R13_success_needs_all_and_one_failure_denies_it(kit):
    episode = msgspec.structs.replace(red(kit).episode, usage=30.0, tickets=8)

    def whole(cause, told, usage=FINE):
        found = red_causes.check(cause, kit.account(signals=told), usage, episode, kit.policy, DAY)
        return red_causes.succeeded(found)

    assert whole("relationship", signals(kit, left=False, rate=(7, 10))) is True
    assert whole("relationship", signals(kit, left=True)) is False
    assert whole("value", None) is None and red_causes.succeeded(()) is None


def test_R13_suggestions_follow_the_causes(kit):
    def roots(usage=FINE, **fields):
        told = healthy(kit, **fields)
        return red_causes.suggested(kit.account(signals=told), read(kit, usage, signals=told), kit.policy)

    assert roots(late=5) == ("value",) and roots(escalated=3) == ("support",) and roots(left=True) == ("relationship",)
    assert roots(facts(10.0), permission_downgrades_30d=1) == ("adoption", "integration")
    assert roots(facts(10.0), permission_downgrades_30d=2) == ("integration", "adoption")
    assert roots() == ()
    told = signals(kit, rate=(4, 10), left=False)
    low = read(kit, facts(28.0, 100.0, None), signals=told)
    assert low.causes == ("composite",)
    assert red_causes.suggested(kit.account(signals=told), low, kit.policy) == ("adoption", "integration")


def test_R11_the_verdict_names_what_is_late(kit):
    reading = red(kit, timedelta(hours=50))
    found = {one.rule: one for one in red_verdicts(kit.account(), reading, kit.policy, NOW + timedelta(hours=50))}
    assert found["R11"].verdict == "late: assessment, root_cause"
    assert found["R20"].verdict == "no banner" and found["R14"].verdict == "Red"
    assert found["R10"].inputs["keys"][0] == "red:acc_1:2026-11-20:task"
