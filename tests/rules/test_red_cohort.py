"""R16-R19b: an account's red case and our memory of its episode as one, and what a renewal after it was worth (R18)."""

from datetime import UTC, datetime, timedelta

import pytest
from kit.red_book import DAY, NOW, case, facts, healthy, read, run, signals

from triage.rules.red_cohort import cohort_cases

YEAR_ON = NOW.replace(year=NOW.year + 1)


def told(kit, server, now=NOW, episode=None, **fields):
    """The only episode that the account's case tells of."""
    account = kit.account(**{"mrr": 850, "renewal_at": YEAR_ON, "case": server, **fields})
    [found] = cohort_cases(account, episode, kit.policy, now)
    return found


def designated(days_ago, **stamps):
    at = NOW - timedelta(days=days_ago)
    return case(opened=at, designated=at, **stamps)


@pytest.mark.parametrize(
    ("renewal", "value"),
    [
        (YEAR_ON, 12 * 850),  # renewed today: after the designation, and not after now
        (YEAR_ON + timedelta(seconds=1), None),  # the renewal is a second away
        (YEAR_ON - timedelta(days=10), 12 * 850),  # of the day of designation: see below
        (YEAR_ON - timedelta(days=11), None),  # renewed before it was Red
        (NOW, None),  # due and not renewed
        (None, None),
        (datetime(2028, 2, 29, tzinfo=UTC), None),
    ],
)
def test_R18_a_renewal_between_designation_and_now_counts_a_year_before_the_next(kit, renewal, value):
    assert told(kit, designated(10.001), renewal_at=renewal).renewed == value


def test_R18_a_leap_day_was_the_28th_the_year_before(kit):
    now = datetime(2027, 3, 1, tzinfo=UTC)
    server = case(opened=now - timedelta(days=5), designated=now - timedelta(days=5))
    assert told(kit, server, now, renewal_at=datetime(2028, 2, 29, tzinfo=UTC)).renewed == 12 * 850


def test_R18_R19b_a_loss_renews_nothing_and_unknown_money_is_not_zero(kit):
    lost = told(kit, designated(30, closed=NOW - timedelta(days=1), outcome="churned"))
    assert (lost.renewed, lost.churned_at) == (None, NOW - timedelta(days=1))
    assert told(kit, designated(30, closed=NOW - timedelta(days=1), outcome="recovered")).renewed == 12 * 850
    assert told(kit, designated(30), mrr=None).renewed is None


def test_R17_the_first_step_answers_and_the_designation_itself_does_not(kit):
    early, late = NOW - timedelta(days=3), NOW - timedelta(days=2)
    assert told(kit, designated(5)).responded_at is None
    assert told(kit, designated(5, planned=late, root_cause=early)).responded_at == early
    assert told(kit, designated(5, recovered=early)).responded_at is None


def test_R16_case_and_memory_of_one_episode_are_counted_once(kit):
    episode = read(kit, signals=healthy(kit, late=5)).episode
    assert [one.case_id for one in cohort_cases(kit.account(mrr=100_000), episode, kit.policy, NOW)] == [None]
    joined = told(kit, case(opened=NOW, designated=NOW), episode=episode)
    assert (joined.case_id, joined.arr, joined.ended_at) == ("case_1", 12 * 100_000, None)


def test_R16_an_older_case_and_a_newer_episode_are_two_older_first(kit):
    old = designated(90, closed=NOW - timedelta(days=60), outcome="recovered")
    episode = read(kit, signals=healthy(kit, late=5)).episode
    account = kit.account(mrr=100_000, case=old)
    assert [one.case_id for one in cohort_cases(account, episode, kit.policy, NOW)] == ["case_1", None]


def test_R19b_what_memory_knows_of_its_end_counts_without_a_case(kit):
    plan = [(facts(), {"signals": signals(kit, late=5)})] + [(facts(), {})] * 40
    episode = run(kit, plan)[-1].episode
    [one] = cohort_cases(kit.account(mrr=100_000), episode, kit.policy, NOW + timedelta(days=41))
    assert one.ended_at.date() == episode.left > DAY and one.recovered_at.date() == episode.recovered
    assert one.churned_at is None and one.responded_at is None
