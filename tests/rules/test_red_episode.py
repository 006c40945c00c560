"""R14, R19b, R21: episodes over simulated days: open, leave, recover, flap, churn, and the seed's three cases."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.red_book import DAY, FINE, NO_USAGE, NOW, case, facts, healthy, read, run, signals

from triage.rules.red_causes import check, succeeded, suggested
from triage.rules.red_episode import churn, own_case

LATE, PAID = {"late": 5}, {}


def payments(kit, pattern, **always):
    """One day per letter: `L` pays late (Red), `.` healthy, `?` nobody knows about payments or anything else."""
    plan = []
    for number, letter in enumerate(pattern):
        day = DAY + timedelta(days=number)
        told = healthy(kit, day=day, **(LATE if letter == "L" else PAID)) if letter != "?" else signals(kit, day=day)
        plan.append((FINE, {"signals": told}))
    return run(kit, plan, **always)


def events(readings):
    return [(number, one.event) for number, one in enumerate(readings) if one.event]


def test_R14_leaves_after_14_days_without_a_cause_and_recovers_with_it(kit):
    found = payments(kit, "LLL" + "." * 20)
    assert events(found) == [(0, "designated"), (17, "recovered")]
    assert [one.is_red for one in found] == [True] * 17 + [False] * 6
    assert found[16].causes == () and found[16].episode.better_since == DAY + timedelta(days=3)
    assert found[17].episode.left == found[17].episode.recovered == DAY + timedelta(days=17)


def test_R14_leaving_below_70_is_no_recovery_until_70_lasted_14_days(kit):
    bad = [(facts(90.0, 100.0), {"signals": signals(kit, day=DAY, rate=(3, 10), left=True, late=0)})]
    middle = [(FINE, {"signals": signals(kit, rate=(3, 10), left=False, csat=4.0, late=0)})] * 20
    found = run(kit, bad + [(facts(70.0, 100.0), step[1]) for step in middle] + [(FINE, {})] * 16)
    assert found[5].composite == pytest.approx(58.0)
    assert events(found) == [(0, "designated"), (15, "left"), (35, "recovered")]


def test_R14_flapping_keeps_episode_and_sla(kit):
    found = payments(kit, "L" + "." * 13 + "L" + "." * 20 + "L" + "." * 44 + "L")
    assert events(found)[:4] == [(0, "designated"), (29, "recovered"), (35, "reopened"), (50, "recovered")]
    first, again = found[0], found[35]
    assert again.episode.opened_at == first.episode.opened_at and again.episode.reopened == 1
    assert [one.due_at for one in again.clocks] == [one.due_at for one in first.clocks]
    assert [one.key for one in again.tasks[:4]] == [one.key for one in first.tasks[:4]]
    assert events(found)[4:] == [(80, "reopened")] and found[80].episode.reopened == 2


@pytest.mark.parametrize(("gap", "event"), [(30, "reopened"), (31, "designated")])
def test_R14_re_entry_within_30_days_of_leaving(kit, gap, event):
    found = payments(kit, "L" + "." * (14 + gap) + "L")
    assert found[15].event == "recovered" and found[-1].event == event
    assert (found[-1].episode.opened == DAY) is (event == "reopened")
    assert found[-1].is_red and found[-1].episode.left is None and found[-1].episode.recovered is None


def test_R14_unknown_cures_nothing_and_lapsed_evidence_is_over(kit):
    found = payments(kit, "L" + "?" * 20 + "." * 15)
    assert events(found) == [(0, "designated"), (35, "recovered")]
    assert found[10].causes == () and found[10].is_red and found[10].episode.standing == ("financial.late",)
    old = [{"score": 1.0, "scale": 10, "at": DAY - timedelta(days=90)}]
    plan = [(FINE, {"signals": healthy(kit, day=DAY + timedelta(days=n)) | {"csat": old}}) for n in range(16)]
    assert events(run(kit, plan)) == [(0, "designated"), (15, "recovered")]


def test_R14_the_baseline_is_frozen_while_red(kit):
    """A drop to a fifth that lasts becomes the running baseline; against the frozen one it is still a fifth."""
    plan = [(facts(16.0, max(80.0 - 0.9 * n, 16.0), 80.0 if n < 60 else 16.0), {}) for n in range(120)]
    found = run(kit, plan)
    assert events(found) == [(0, "designated")]
    assert all(one.causes == ("usage",) for one in found)
    assert found[-1].usage.baseline == 80.0 and found[-1].decline == pytest.approx(0.8)
    unfrozen = read(kit, plan[-1][0], None, signals=healthy(kit))
    assert unfrozen.causes == ()


def test_R14_a_lasting_drop_is_no_recovery_after_the_window(kit):
    """Left at 58 of 100; 31 days later the running baseline takes over, yet recovery asks the frozen one."""
    told = {"rate": (3, 10), "csat": 4.0, "late": 0}
    bad, calm = {"signals": signals(kit, left=True, **told)}, {"signals": signals(kit, left=False, **told)}
    plan = [(facts(70.0, 100.0, 100.0), bad)] + [
        (facts(70.0, 100.0 if n < 45 else 50.0, 70.0), calm) for n in range(90)
    ]
    found = run(kit, plan)
    assert found[-1].composite == pytest.approx(70.0) and found[-1].episode.recovered is None
    assert events(found) == [(0, "designated"), (15, "left")]


def test_R14_a_new_episode_recovers_by_its_own_baseline(kit):
    """The first was left at half of 100 and never recovered; the second begins, well by its own 50, on one day."""
    told = {"rate": (3, 10), "csat": 4.0}
    plan = [(facts(55.0, 100.0), {"signals": signals(kit, left=True, late=0, **told)})]
    plan += [(facts(55.0, 100.0), {"signals": signals(kit, left=False, late=0, **told)})] * 50
    day = DAY + timedelta(days=51)
    now = (facts(55.0, 55.0), {"signals": signals(kit, day=day, rate=(3, 10), csat=9.0, left=False, late=5)})
    found = run(kit, [*plan, now])
    assert events(found) == [(0, "designated"), (15, "left"), (51, "designated")]
    assert found[51].composite >= 70 and found[51].episode.well_since == day
    again = read(kit, now[0], found[51].episode, day=day, **now[1])
    assert again == found[51]


def test_R14_an_episode_without_a_baseline_takes_the_first_one(kit):
    found = payments(kit, "LL")
    episode = read(kit, NO_USAGE, signals=healthy(kit, late=5)).episode
    assert episode.baseline is None and found[0].episode.baseline == 80.0
    later = read(kit, facts(70.0, 75.0), episode, signals=healthy(kit, late=5)).episode
    assert later.baseline == 75.0
    assert read(kit, facts(70.0, 60.0), later, signals=healthy(kit, late=5)).usage.baseline == 75.0


@settings(max_examples=60, deadline=None)
@given(pattern=st.lists(st.sampled_from(["L", ".", "." * 15, "L" * 3, "?"]), max_size=14).map("".join))
def test_R14_against_a_slow_oracle_and_idempotent(kit, pattern):
    """The oracle looks at the whole past each day; every reading read again with its own episode is the same."""
    episode, opened, left, last_red = None, None, None, None
    for number, letter in enumerate(pattern):
        day = DAY + timedelta(days=number)
        told = signals(kit, day=day) if letter == "?" else healthy(kit, day=day, **(LATE if letter == "L" else {}))
        reading = read(kit, FINE, episode, day=day, signals=told)
        standing = letter == "L" or (letter == "?" and last_red == number - 1 and left is None and opened is not None)
        if standing:
            if opened is None or (left is not None and number - left > 30):
                opened = number
            left, last_red = None, number
        elif opened is not None and left is None and number - last_red > 14:
            left = number
        assert reading.is_red is (opened is not None and left is None)
        if opened is not None:
            assert reading.episode.opened == DAY + timedelta(days=opened)
            assert reading.episode.left == (None if left is None else DAY + timedelta(days=left))
        assert read(kit, FINE, reading.episode, day=day, signals=told) == reading
        episode = reading.episode


def test_R19b_cancelled_while_red_is_churned_for_good(kit):
    red = read(kit, signals=healthy(kit, late=5))
    drop = {"tier": "free", "downgrade_cause": "chosen", "downgraded_at": "2026-11-22T08:00:00Z"}
    lost = read(kit, FINE, red.episode, day=DAY + timedelta(days=2), signals=healthy(kit, late=5), **drop)
    assert (lost.event, lost.is_red, lost.episode.churned) == ("churned", False, DAY + timedelta(days=2))
    later = read(kit, FINE, lost.episode, day=DAY + timedelta(days=9), signals=healthy(kit, late=5), **drop)
    assert (later.event, later.is_red, later.episode) == (None, False, lost.episode)
    assert later.clocks == () and later.tasks == () and later.sla_due_at is None
    ended = case(designated=NOW, closed=NOW + timedelta(days=3), outcome="churned")
    assert (
        read(kit, FINE, red.episode, day=DAY + timedelta(days=4), signals=healthy(kit), case=ended).event == "churned"
    )
    before = {**drop, "downgraded_at": "2026-11-20T08:00:00Z"}
    assert read(kit, FINE, red.episode, signals=healthy(kit, late=5), **before).is_red


def test_R19b_a_removed_account_is_lost_only_from_red(kit):
    red = read(kit, signals=healthy(kit, late=5)).episode
    assert churn(red, DAY).churned == DAY
    out = payments(kit, "L" + "." * 16)[-1].episode
    assert churn(out, DAY + timedelta(days=17)) == out


def test_R14_the_servers_case_stands_in_for_a_lost_episode(kit):
    begun = NOW - timedelta(days=5)
    going = case(opened=begun, designated=begun, causes=["financial"])
    back = read(kit, signals=healthy(kit, late=5), case=going)
    assert (back.is_red, back.event, back.episode.opened, back.episode.opened_at) == (True, None, begun.date(), begun)
    calm = read(kit, signals=healthy(kit), case=going)
    assert calm.is_red and calm.episode.better_since == DAY
    assert read(kit, signals=signals(kit), case=going).episode.standing == ("financial.late", "financial.contraction")
    shut = case(opened=begun, designated=begun, closed=NOW - timedelta(days=4), outcome="recovered")
    assert read(kit, signals=healthy(kit, late=5), case=shut).event == "reopened"
    assert not read(kit, signals=healthy(kit), case=shut).is_red
    far = case(opened=begun - timedelta(days=60), designated=begun, closed=NOW - timedelta(days=40))
    assert read(kit, signals=healthy(kit, late=5), case=far).event == "designated"
    assert read(kit, signals=healthy(kit), case=case(kind="recovery")).episode is None


def test_R14_a_case_closed_in_the_second_of_its_episodes_beginning_belongs_to_it(kit):
    red = read(kit, now=NOW.replace(microsecond=700_000), signals=healthy(kit, late=5)).episode
    assert own_case(kit.account(case=case(closed=NOW)), red) is not None
    assert own_case(kit.account(case=case(closed=NOW - timedelta(seconds=1))), red) is None


def test_R21_UC1_enterprise_red_by_usage_and_relationship_not_support(kit):
    """$400K ARR, 80 → 28 in 60 days, the champion left, two escalations; a new champion and 85 % of the usage later."""
    mrr = 40_000_000 // 12
    told = healthy(kit, left=True, escalated=2, csat=6.0, rate=(5, 10))
    first = read(kit, facts(28.0, 80.0, 80.0), signals=told, mrr=mrr, segment="enterprise", currency="USD")
    assert first.causes == ("usage", "relationship") and first.segment == "standard"
    assert first.decline == pytest.approx(0.65) and first.composite == pytest.approx(14 + 10.5 + 11 + 10)
    assert suggested(kit.account(signals=told), first, kit.policy) == ("adoption", "integration", "relationship")
    plan = [(facts(28.0, 80.0, 80.0), {"signals": told})] * 30 + [(facts(68.0, 60.0, 28.0), {})] * 15
    found = run(kit, plan, mrr=mrr, currency="USD")
    assert events(found) == [(0, "designated"), (44, "recovered")]
    assert found[0].episode.arr == 39_999_996


def test_R21_UC2_plg_breaks_and_is_fixed_in_48_hours(kit):
    """150 → 12 daily users in three weeks; usage judged from the series itself; the fix lands two days later."""
    fall = [150 - round(138 * (n + 1) / 21) for n in range(21)]
    daily = [150] * 104 + fall + [12] * 40

    def usage(series):
        mean = lambda part: 100 * sum(min(1, users / 150) for users in part) / len(part)  # noqa: E731
        return facts(mean(series[-14:]), mean(series[-104:-14]), mean(series[-74:-60]), len(series))

    last, episode, red_on, told = 104, None, None, {}
    found = []
    for number in range(60):
        day = DAY + timedelta(days=number)
        if red_on is not None and number >= red_on + 2:
            daily[last + number :] = [150] * (len(daily) - last - number)
        series = (daily + [150] * 60)[: last + number + 1]
        told = healthy(kit, day=day, permission_downgrades_30d=6)
        reading = read(kit, usage(series), episode, day=day, signals=told, mrr=416_667, segment="plg")
        episode, red_on = reading.episode, number if red_on is None and reading.is_red else red_on
        found.append(reading)
    assert red_on is not None and red_on <= 24
    first = found[red_on]
    assert (first.causes, first.threshold) == (("usage",), 35.0)
    assert suggested(kit.account(signals=told), first, kit.policy)[0] == "integration"
    assert min(one.composite for one in found[red_on + 14 :]) >= 70
    closed = next(number for number, one in enumerate(found) if number > red_on and not one.is_red)
    assert closed - red_on <= 28 and found[closed].event == "recovered"
    done = check("integration", kit.account(signals=told), found[-1].usage, episode, kit.policy, DAY)
    assert [one.met for one in done] == [True, None, True] and succeeded(done) is None


def test_R21_UC3_a_new_module_at_5_percent_after_three_months(kit):
    bought = DAY - timedelta(days=95)
    legacy = {"name": "Records", "adoption_pct": 82.0, "since": DAY - timedelta(days=900)}
    module = {"name": "Portal", "adoption_pct": 5.0, "since": bought}
    told = healthy(kit, products=[legacy, module], adoption_pct=80.0)
    reading = read(kit, signals=told)
    assert reading.causes == ("product",) and reading.composite > 90
    assert suggested(kit.account(signals=told), reading, kit.policy) == ("adoption", "integration")
    day = bought + timedelta(days=89)
    early = read(kit, day=day, signals=healthy(kit, day=day, products=[legacy, module]))
    assert early.causes == ()
    assert read(kit, signals=healthy(kit, products=[legacy])).causes == ()
