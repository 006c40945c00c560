"""A1–A7 and A15 at their boundaries."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from data.assessment import CLOCK_SKEW, LOCKED, Category
from triage.rules.assess import assess

BLOCK, CAP, NEAR, DOWN = Category


def room(**fields):
    return [fields]


def test_A1_the_categories_descend_in_urgency():
    assert [one.value for one in Category] == [
        "pilot_hard_block",
        "at_cap",
        "approaching_cap",
        "recently_downgraded",
    ]
    assert [one.rank for one in Category] == [0, 1, 2, 3]


def test_A2_a_flagged_pilot_is_stopped_whatever_its_hours(kit):
    since = kit.ago(hours=17)
    row = kit.judge(tier="pilot", workspaces=room(hard_block=True, hours_used=None, blocked_since=since))
    assert (row.category, row.since, row.workspaces[0].stopped) == (BLOCK, since, True)
    assert row.detail == "Council sessions: hours unknown, stopped since 2026-11-20 16:41Z"


@pytest.mark.parametrize(("used", "category"), [(10.0, BLOCK), (10.2, BLOCK), (9.9999999999, BLOCK), (9.99, NEAR)])
def test_A2_a_pilot_at_its_hours_is_stopped_without_the_flag(kit, used, category):
    row = kit.judge(tier="pilot", workspaces=room(hours_used=used))
    assert row.category is category
    assert row.workspaces[0].stopped is (category is BLOCK)


def test_A2_a_hard_block_on_another_tier_is_at_cap_and_says_stopped(kit):
    row = kit.judge(tier="free", workspaces=room(hard_block=True, hours_used=0.1, hours_included=1.0))
    assert row.category is CAP
    assert "stopped" in row.detail and row.workspaces[0].stopped


def test_A2_a_hard_block_where_the_cap_is_unknown_still_counts(kit):
    assert kit.judge(tier="guardian", workspaces=room(hard_block=True, hours_included=None)).category is CAP


@pytest.mark.parametrize(
    ("used", "included", "category"),
    [
        (1.0, 1.0, CAP),
        (0.9999999999, 1.0, CAP),
        (0.999999, 1.0, NEAR),
        (0.9951, 1.0, NEAR),
        (1.3, 1.0, CAP),
        (0.0, 0.0, CAP),
        (None, 1.0, None),
        (5000.0, None, None),
    ],
)
def test_A3_at_cap_compares_unrounded_and_needs_both_sides(kit, used, included, category):
    reached = kit.ago(days=6)
    row = kit.judge(workspaces=room(hours_used=used, hours_included=included, cap_reached_at=reached))
    assert row.category is category
    assert row.since == (reached if category is CAP else None)


@pytest.mark.parametrize(("used", "near"), [(0.80, True), (0.7999, False), (0.79999999999, True), (0.8001, True)])
def test_A4_ratio_boundary(kit, used, near):
    reading = kit.judge(workspaces=room(hours_used=used, hours_included=1.0)).workspaces[0]
    assert (reading.by_ratio, reading.by_projection) == (near, False)
    assert reading.reason is (NEAR if near else None)


def daily(*recent):
    return [0.0] * (30 - len(recent)) + list(recent)


@pytest.mark.parametrize(("used", "fires"), [(3.0, True), (2.9999, False), (3.00001, True)])
def test_A4_projection_fires_at_exactly_seven_days(kit, used, fires):
    # one hour a day: 10 - 3 = 7 days to the cap
    row = kit.judge(workspaces=room(hours_used=used, hours_daily=daily(*[1.0] * 7), cycle_end=None))
    assert (row.category is NEAR) is fires
    if fires:
        assert row.workspaces[0].projected_at == kit.now + timedelta(days=10 - used)
        assert not row.workspaces[0].by_ratio


@pytest.mark.parametrize(("micros", "fires"), [(0, False), (1_000, True), (-1_000, False), (50, False)])
def test_A4_the_cap_must_come_strictly_before_the_cycle_ends(kit, micros, fires):
    end = kit.now + timedelta(days=5, microseconds=micros)
    row = kit.judge(workspaces=room(hours_used=5.0, hours_daily=daily(*[1.0] * 7), cycle_end=end))
    assert (row.category is NEAR) is fires


def test_A4_a_cycle_that_is_over_projects_nothing(kit):
    assert (
        kit.judge(workspaces=room(hours_used=7.0, hours_daily=daily(*[1.0] * 7), cycle_end=kit.ago(days=1))).category
        is None
    )


@pytest.mark.parametrize(
    ("hours", "mean"),
    [
        ([None] * 28 + [1.0, 2.0], None),
        ([None] * 27 + [1.0, 2.0, 3.0], 2.0),
        ([None] * 30, None),
        (None, None),
        ([9.0] * 22 + [1.0] * 7 + [None], 1.0),
        ([5.0] * 20 + [None, 2.0] * 5, (5.0 * 2 + 2.0 * 5) / 7),
    ],
)
def test_A4_the_mean_takes_the_seven_most_recent_known_days_and_at_least_three(kit, hours, mean):
    assert kit.judge(workspaces=room(hours_daily=hours)).workspaces[0].mean_daily == (
        None if mean is None else pytest.approx(mean, abs=1e-12)
    )


def test_A4_the_row_says_which_of_the_two_fired(kit):
    by_ratio = kit.judge(workspaces=room(hours_used=8.4))
    assert by_ratio.detail == "Council sessions: 8.40 of 10 h, 84 % used"
    by_both = kit.judge(workspaces=room(hours_used=8.4, hours_daily=daily(*[0.8] * 7)))
    assert by_both.detail.endswith("84 % used, at 0.80 h a day at the cap on 2026-11-23")
    by_projection = kit.judge(workspaces=room(hours_used=6.0, hours_daily=daily(*[0.8] * 7)))
    assert by_projection.detail == "Council sessions: 6.00 of 10 h, at 0.80 h a day at the cap on 2026-11-26"


def test_A4_below_the_cap_the_hours_are_rounded_down(kit):
    assert "0.99 of 1 h, 99 % used" in kit.judge(workspaces=room(hours_used=0.9951, hours_included=1.0)).detail


def test_P0_days_after_the_feed_are_zeros(kit):
    hours = daily(*[7.0] * 7)
    assert kit.judge(workspaces=room(hours_daily=hours)).workspaces[0].mean_daily == 7.0
    later = kit.judge(workspaces=room(hours_daily=hours), through=kit.day + timedelta(days=3)).workspaces[0]
    assert later.mean_daily == pytest.approx(4.0)  # three zero days push three sevens out
    week = kit.judge(workspaces=room(hours_daily=hours), through=kit.day + timedelta(days=7)).workspaces[0]
    assert week.mean_daily == 0.0
    assert kit.judge(workspaces=room(hours_daily=hours), through=date(2027, 3, 1)).workspaces[0].mean_daily == 0.0


def test_P0_zero_days_make_a_short_series_known(kit):
    hours = [None] * 28 + [3.0, 3.0]
    assert kit.judge(workspaces=room(hours_daily=hours), through=kit.day + timedelta(days=1)).workspaces[
        0
    ].mean_daily == pytest.approx(2.0)


def test_P0_zero_days_push_the_oldest_out_of_the_thirty(kit):
    hours = [9.0] * 3 + [None] * 27
    filled = kit.judge(workspaces=room(hours_daily=hours), through=kit.day + timedelta(days=2)).workspaces[0]
    assert filled.mean_daily == pytest.approx(9.0 / 3)  # one old nine is left, beside two zeros


def test_P0_zero_days_count_among_the_seven_where_days_are_unknown(kit):
    hours = [7.0] * 20 + [None, 2.0] * 5
    filled = kit.judge(workspaces=room(hours_daily=hours), through=kit.day + timedelta(days=4)).workspaces[0]
    assert filled.mean_daily == pytest.approx(2.0 * 3 / 7)


def test_P0_a_late_feed_fills_nothing(kit):
    hours = daily(*[7.0] * 7)
    for through in (None, kit.day, kit.day - timedelta(days=4)):
        assert kit.judge(workspaces=room(hours_daily=hours), through=through).workspaces[0].mean_daily == 7.0


def test_P0_the_assessment_day_is_the_later_of_signals_and_complete_through(kit):
    assert kit.judge().day == kit.day
    assert kit.judge(through=kit.day + timedelta(days=2)).day == kit.day + timedelta(days=2)
    assert kit.judge(through=date(2026, 1, 1)).day == kit.day
    assert kit.judge(through=None).day == kit.day
    bare = kit.account(signals=None, workspaces=room(hours_as_of="2026-11-18"))
    assert kit.judge(bare, through=None).day == date(2026, 11, 20)  # the logins' day
    nothing = kit.account(signals=None, admin_logins=None, workspaces=room(hours_as_of=None))
    assert kit.judge(nothing, through=None).day is None


@pytest.mark.parametrize(
    ("age", "category", "skew"),
    [
        (timedelta(0), DOWN, False),
        (timedelta(days=14), DOWN, False),
        (timedelta(days=14, microseconds=80), DOWN, False),
        (timedelta(days=14, microseconds=200), None, False),
        (timedelta(days=14, seconds=1), None, False),
        (timedelta(microseconds=-80), DOWN, False),
        (timedelta(seconds=-1), None, True),
        (timedelta(days=-3), None, True),
    ],
)
def test_A5_recent_downgrade_boundaries_and_clock_skew(kit, age, category, skew):
    row = kit.judge(downgraded_at=kit.now - age, downgraded_from="guardian", downgrade_cause="chosen")
    assert row.category is category
    assert row.signals == ((CLOCK_SKEW,) if skew else ())
    assert ("clock skew" in row.detail) is skew
    if category:
        assert row.since == kit.now - age


def test_A5_an_expired_trial_is_told_apart_from_a_chosen_downgrade(kit):
    at = kit.ago(days=4)
    ended = kit.judge(downgraded_at=at, downgraded_from="changemaker", downgrade_cause="trial_ended")
    chosen = kit.judge(downgraded_at=at, downgraded_from="guardian", downgrade_cause="chosen", tier="innovator")
    staff = kit.judge(downgraded_at=at, downgraded_from="guardian", downgrade_cause="staff", tier="innovator")
    assert ended.detail == "trial ended on 2026-11-17, changemaker to free"
    assert chosen.detail == "guardian to innovator on 2026-11-17"
    assert staff.detail == "guardian to innovator on 2026-11-17, by staff"


def test_A6_one_row_with_distinct_reasons_in_rank_order_and_the_worst_workspace_first(kit):
    rooms = [
        {"id": "ws_ok", "hours_used": 0.1},
        {"id": "ws_near", "hours_used": 8.5},
        {"id": "ws_cap_b", "hours_used": 11.0, "cap_reached_at": kit.ago(days=2)},
        {"id": "ws_cap_a", "hours_used": 11.0, "cap_reached_at": kit.ago(days=5)},
        {"id": "ws_cap_c", "hours_used": 12.0, "cap_reached_at": None},
        {"id": "ws_unknown", "hours_used": None},
    ]
    row = kit.judge(workspaces=rooms, downgraded_at=kit.ago(days=9))
    assert row.reasons == (CAP, NEAR, DOWN)
    assert row.category is CAP
    assert row.since == kit.ago(days=5)
    assert [one.id for one in row.workspaces] == ["ws_cap_c", "ws_cap_a", "ws_cap_b", "ws_near", "ws_ok", "ws_unknown"]
    assert "3 more workspaces" in row.detail and "2026-11-12" in row.detail


def test_A6_at_cap_does_not_hide_a_recent_downgrade(kit):
    row = kit.judge(workspaces=room(hours_used=10.0), downgraded_at=kit.ago(days=1))
    assert row.reasons == (CAP, DOWN)


def test_A7_since_is_of_the_category_alone(kit):
    down, capped = kit.ago(days=9), kit.ago(days=1)
    row = kit.judge(workspaces=room(hours_used=10.0, cap_reached_at=capped), downgraded_at=down)
    assert row.since == capped
    assert kit.judge(workspaces=room(hours_used=8.5), downgraded_at=down).since is None


def test_A7_since_ignores_workspaces_of_a_lesser_category(kit):
    pilot = msgspec.structs.replace(kit.policy.tiers["pilot"], hard_blocks=False)
    policy = msgspec.structs.replace(kit.policy, tiers={**kit.policy.tiers, "pilot": pilot})
    rooms = [
        {"id": "ws_cap", "hours_used": 11.0, "cap_reached_at": kit.ago(days=9)},
        {"id": "ws_block", "hard_block": True, "blocked_since": kit.ago(days=1)},
    ]
    row = assess(kit.account(tier="pilot", workspaces=rooms), (), policy, kit.now, kit.day)
    assert (row.reasons, row.since) == ((BLOCK, CAP), kit.ago(days=1))
    assert not row.workspaces[1].stopped


def test_A15_a_lock_without_a_category_is_a_signal(kit):
    row = kit.judge(workspaces=room(locked=True))
    assert (row.category, row.signals) == (None, (LOCKED,))
    assert row.detail == "Council sessions is locked, and no limit explains it"
    assert kit.judge(workspaces=room(locked=True, hours_used=10.0)).signals == ()
    assert kit.judge(workspaces=room(locked=None)).signals == ()


def test_A15_both_signals_stand_together_and_skew_stands_beside_a_category(kit):
    ahead = kit.now + timedelta(hours=1)
    assert kit.judge(workspaces=room(locked=True), downgraded_at=ahead).signals == (LOCKED, CLOCK_SKEW)
    capped = kit.judge(workspaces=room(hours_used=10.0), downgraded_at=ahead)
    assert (capped.category, capped.signals) == (CAP, (CLOCK_SKEW,))


def test_a_healthy_account_says_nothing(kit):
    row = kit.judge()
    assert (row.category, row.reasons, row.signals, row.detail, row.reading, row.suggested) == (
        None,
        (),
        (),
        "",
        "",
        (),
    )
    assert row.since is None and row.handled is None and not row.snoozed


def test_a_negative_use_of_nothing_divides_by_nothing(kit):
    assert (
        kit.judge(workspaces=room(hours_used=-1.0, hours_included=0.0, hours_daily=daily(*[1.0] * 7))).category is NEAR
    )


def test_a_suspicious_name_is_marked(kit):
    assert kit.judge(name="North\x1b[2Jwind").suspicious
    assert not kit.judge(org_name="North\u202ewind").suspicious, "the mark stands where the doubtful text is"
    assert not kit.judge(name="Nörthwind 株式会社", org_name=None).suspicious


def test_the_row_carries_its_facts_policy_and_time(kit):
    row = kit.judge()
    assert (row.id, row.mrr, row.version, row.seq) == ("acc_1", 34900, 12, 90133)
    assert (row.policy, row.assessed_at, row.owner.staff_id) == (kit.policy.version, kit.now, "stf_maya")
    assert row.assessed_at == datetime(2026, 11, 21, 9, 41, tzinfo=UTC)
