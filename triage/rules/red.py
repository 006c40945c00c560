"""R1–R3 and R9: composite, causes and segments of a Red account, and the whole reading of one account."""

from collections.abc import Collection
from datetime import date, datetime

from data.account import Account
from data.red_account import Dimension, Episode, RedReading, Task, UsageFacts
from triage.policy import Policy
from triage.policy_red import RedRules
from triage.rules import red_episode as episodes
from triage.rules import red_work as work
from triage.rules.days import TOLERANCE, assessment_day
from triage.rules.red_dimensions import decline, dimensions

LARGE, PLG, STANDARD = "large", "plg", "standard"
MONTHS = 12


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
) -> RedReading:
    """R1–R14, R20 of one day, the same when read twice; `high_value` is M14's, `recorded` the R10 keys in the trail.

    `brief`: without the tasks, which no list shows.
    """
    day = assessment_day(account, complete_through) or now.date()
    before = episode or _lost(account, usage, policy, now, day)
    judged, reference = episodes.frozen(usage, before, policy, day)
    found = dimensions(account, judged, reference, policy, day)
    score, coverage = composite(found, policy.red)
    segment, threshold = segment_of(account, policy.red)
    below = None if score is None else score < threshold - TOLERANCE
    well = _well(account, usage, before, policy, day, score)
    after = episodes.advance(before, episodes.Today(account, usage, found, score, well, below, day, now), policy)
    running = after if episodes.is_open(after) else None
    timed = () if running is None else work.clocks(account, running, policy, now)
    planned = None if brief else running
    tasks = () if planned is None else _tasks(account, planned, policy, now, high_value, recorded)
    return RedReading(
        is_red=running is not None,
        causes=_causes(below, found),
        composite=score,
        coverage=coverage,
        threshold=threshold,
        segment=segment,
        dimensions=found,
        decline=decline(judged, reference, policy.red),
        usage=judged,
        day=assessment_day(account, complete_through),
        episode=after,
        event=episodes.event(after, day),
        clocks=timed,
        sla_due_at=work.sla_due(timed),
        tasks=tasks,
        delayed=after is not None and work.delayed(account, after, policy, now),
    )


def composite(found: tuple[Dimension, ...], rules: RedRules) -> tuple[float | None, float]:
    """R1 with H4, H5: the weighted mean of the present dimensions, and their weight; None under half of the weight."""
    present = [(one.weight, one.score) for one in found if one.score is not None and one.weight > 0]
    coverage = sum([weight for weight, _ in present])
    if not present or coverage < rules.scores.min_coverage - TOLERANCE:
        return None, coverage
    return sum([weight * score for weight, score in present]) / coverage, coverage


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
    return (*((episodes.COMPOSITE,) if below else ()), *(one.name for one in found if one.red))


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
    if account.case is None:
        return None
    found = dimensions(account, usage, None, policy, day)
    return episodes.adopted(episodes.Today(account, usage, found, None, None, None, day, now), policy)
