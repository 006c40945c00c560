"""The policy of the red-account framework (R), as data."""

from typing import Annotated, Literal

import msgspec

from triage.policy_part import Count, NotNegative, Part, Positive, Sentence

TOLERANCE = 1e-9
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
RootCause = Literal["adoption", "integration", "value", "relationship", "support"]
DimensionName = Literal["usage", "relationship", "support", "financial"]
Cause = Literal["composite", "usage", "relationship", "support", "financial", "adoption", "product"]
Step = Literal["task", "manager", "sales", "executive"]
ClockName = Literal["assessment", "root_cause", "plan", "executive_review"]
CadenceName = Literal["health_review", "leadership", "executive_check_in", "re_evaluation"]
Check = Literal[
    "usage_growth",
    "modules",
    "usage_normal",
    "escalations",
    "champion",
    "response_rate",
    "csat",
    "tickets_cut",
    "person",
]


class Segments(Part, frozen=True):
    """R9: thresholds of the composite; ARR (12 x MRR) in minor units; the first that fits wins, large before plg."""

    threshold: Percent
    large_threshold: Percent
    large_arr: Count
    plg_threshold: Percent
    plg_segment: Sentence
    new_days: Count
    new_adoption: Percent
    product_days: Count
    product_adoption: Percent


class Lines(Part, frozen=True):
    """R4-R7: the red lines."""

    usage_ratio: Share
    decline: Share
    decline_days: Count
    response_rate: Share
    min_attempts: Count
    escalated: Count
    csat: Annotated[float, msgspec.Meta(ge=0, le=10)]
    csat_days: Count
    grace_days: Count


class Scores(Part, frozen=True):
    """R8: anchors [rate, score] of the response rate, deductions of support, bands [days late, score] of payments."""

    min_coverage: Share
    response: tuple[tuple[Share, Percent], ...]
    champion_left: Share
    per_escalated: NotNegative
    per_old_ticket: NotNegative
    old_ticket_days: Positive
    late: tuple[tuple[Count, Percent], ...]
    very_late: Percent


class EpisodeRules(Part, frozen=True):
    """R14, R19b, R20: dwell and re-entry in days, the recovered composite, and what counts as a cancellation."""

    dwell_days: Count
    recovered: Percent
    reentry_days: Count
    banner_days: Positive
    churn_outcome: Sentence
    cancel_tier: Sentence
    cancel_cause: Sentence


class Duty(Part, frozen=True):
    """Something that somebody does: what, and who."""

    what: Sentence
    who: Sentence


class Sla(Part, frozen=True):
    """R11: hours from designation."""

    assessment: Positive
    root_cause: Positive
    plan: Positive
    executive_review: Positive


class Cadence(Part, frozen=True):
    """R12: days between two of a kind, and its sentence; `first_days` the health review is daily for."""

    first_days: Count
    first_every: Count
    every: dict[CadenceName, Count]
    duty: dict[CadenceName, Duty]


class Metric(Part, frozen=True):
    """One success metric of a playbook: how it is checked and the target in that signal's unit."""

    text: Sentence
    check: Check
    target: NotNegative = 0.0


class Playbook(Part, frozen=True):
    """R13: one root cause; the weeks are the table's."""

    name: Sentence
    indicators: Sentence
    steps: tuple[Sentence, ...]
    success: tuple[Metric, ...]
    weeks_from: Count
    weeks_to: Count
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


class KpiRules(Part, frozen=True):
    """R15-R19: the targets."""

    matured_days: Count
    share: Share
    recovery_low: Share
    recovery_high: Share
    recovery_days: Count
    response_hours: Positive
    revenue: Share
    churn: Share


class RedRules(Part, frozen=True):
    """The table `red` of the policy."""

    weights: dict[DimensionName, Share]
    segments: Segments
    lines: Lines
    scores: Scores
    episode: EpisodeRules
    designation: dict[Step, Duty]
    sla: Sla
    cadence: Cadence
    suggest: dict[Cause, tuple[RootCause, ...]]
    broken_downgrades: Count
    playbooks: dict[RootCause, Playbook]
    kpis: KpiRules


def red_contradictions(rules: RedRules) -> tuple[str, ...]:
    """What contradicts itself in the table, as sentences that name the key."""
    rates = [rate for rate, _ in rules.scores.response]
    bands = [days for days, _ in rules.scores.late]
    sla = [rules.sla.assessment, rules.sla.root_cause, rules.sla.plan, rules.sla.executive_review]
    kpis = rules.kpis
    checks = (
        (abs(sum(rules.weights.values()) - 1) <= TOLERANCE, "the weights in 'red.weights' do not add up to 1"),
        (len(rates) > 1 and rates == sorted(set(rates)), "the rates in 'red.scores.response' do not rise"),
        (bool(bands) and bands == sorted(set(bands)), "the days in 'red.scores.late' do not rise"),
        (sla == sorted(sla), "the hours in 'red.sla' do not rise from assessment to executive_review"),
        (kpis.recovery_low <= kpis.recovery_high, "'red.kpis.recovery_low' is above 'red.kpis.recovery_high'"),
    )
    return tuple(complaint for fine, complaint in checks if not fine)
