"""R1–R3 and R9: composite, causes and segments of a Red account, and the whole reading of one account."""

from collections.abc import Collection
from datetime import date, datetime

from data.account import Account
from data.red_account import Clock, Dimension, Episode, RedReading, Task, UsageFacts
from triage.policy import Policy
from triage.policy_red import RedRules
from triage.rules import red_episode as episodes
from triage.rules import red_work as work
from triage.rules.days import TOLERANCE, assessment_day
from triage.rules.red_dimensions import RedMemo, decline, dimensions

LARGE, PLG, STANDARD = "large", "plg", "standard"
MONTHS = 12
NO_CLOCKS: tuple[Clock, ...] = ()


def read_red(
    account: Account,
    usage: UsageFacts,
    policy: Policy,
    now: datetime,
    complete_through: date | None,
    episode: Episode | None,
    *,
    high_value: bool = False,
    recorded: Collection[str] = (),
    brief: bool = False,
    memo: RedMemo | None = None,
    assessed: date | None = None,
) -> RedReading:
    """R1–R14, R20 of one day, the same when read twice; `high_value` is M14's, `recorded` the R10 keys in the trail.

    `brief`: without the tasks, which no list shows. `memo` as in `dimensions`, `assessed` as in `read_tree`.
    """
    assessed = assessed or assessment_day(account, complete_through)
    day = assessed or now.date()
    before = episode or _lost(account, usage, policy, now, day)
    judged, reference = (usage, None) if before is None else episodes.frozen(usage, before, policy, day)
    found = dimensions(account, judged, reference, policy, day, memo)
    score, coverage = composite(found, policy.red)
    segment, threshold = segment_of(account, policy.red)
    below = None if score is None else score < threshold - TOLERANCE
    causes = _causes(below, found)
    after, running, timed = None, None, NO_CLOCKS
    if before is not None or causes:  # without either nothing can begin
        well = _well(account, usage, before, policy, day, score)
        after = episodes.advance(before, episodes.Today(account, usage, found, score, well, below, day, now), policy)
    if after is not None and episodes.is_open(after):
        running, timed = after, work.clocks(account, after, policy, now)
    return RedReading(
        running is not None,
        causes,
        score,
        coverage,
        threshold,
        segment,
        found,
        None if brief else decline(judged, reference, policy.red),
        judged,
        assessed,
        after,
        None if brief else episodes.event(after, day),
        timed,
        work.sla_due(timed) if timed else None,
        () if brief or running is None else _tasks(account, running, policy, now, high_value, recorded),
        running is not None and work.delayed(account, running, policy, now),
    )


def composite(found: tuple[Dimension, ...], rules: RedRules) -> tuple[float | None, float]:
    """R1 with H4, H5: the weighted mean of the present dimensions, and their weight; None under half of the weight."""
    coverage: float = 0
    points = 0.0
    for one in found:
        score, weight = one.score, one.weight
        if score is not None and weight > 0:
            coverage += weight
            points += weight * score
    if coverage <= 0 or coverage < rules.scores.min_coverage - TOLERANCE:
        return None, coverage
    return points / coverage, coverage


def segment_of(account: Account, rules: RedRules) -> tuple[str, float]:
    """R9: the segment and its threshold; ARR = 12 × MRR in minor units, and a large account stays large in PLG."""
    plan = rules.segments
    if account.mrr is not None and MONTHS * account.mrr >= plan.large_arr:
        return LARGE, plan.large_threshold
    if account.segment == plan.plg_segment:
        return PLG, plan.plg_threshold
    return STANDARD, plan.threshold


def _causes(below: bool | None, found: tuple[Dimension, ...]) -> tuple[str, ...]:
    """R3: every cause, the composite first."""
    names = tuple([one.name for one in found if one.red])
    return (episodes.COMPOSITE, *names) if below else names


def _well(
    account: Account, usage: UsageFacts, episode: Episode | None, policy: Policy, day: date, score: float | None
) -> float | None:
    """The composite that recovery asks: of an episode left long ago the one by its frozen baseline, not `score`.

    A lasting drop that has become its own baseline is no recovery (R14).
    """
    if episode is None or episode.recovered is not None or not episodes.past(episode, policy, day):
        return score
    judged = episodes.yardstick(usage, episode)
    return composite(dimensions(account, judged, episode.reference, policy, day), policy.red)[0]


def _tasks(
    account: Account,
    episode: Episode,
    policy: Policy,
    now: datetime,
    high_value: bool,
    recorded: Collection[str],
) -> tuple[Task, ...]:
    first = work.designations(account, episode, policy, recorded)
    return *first, *work.cadence(account, episode, policy, now, high_value)


def _lost(account: Account, usage: UsageFacts, policy: Policy, now: datetime, day: date) -> Episode | None:
    """An episode that only the server's case remembers."""
    if account.case is None or account.case.kind != episodes.RED:
        return None
    found = dimensions(account, usage, None, policy, day)
    return episodes.adopted(episodes.Today(account, usage, found, None, None, None, day, now), policy)
