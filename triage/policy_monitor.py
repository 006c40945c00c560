"""The policy of the usage monitor (M), as data."""

from typing import Annotated, Any, Literal

import msgspec

from triage.policy_part import Count, NotNegative, Part, Positive, Sentence

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]
Band = Literal["free", "pilot", "innovator", "changemaker", "guardian", "other"]
HISTORY = 180  # days of `active_users_daily` in the contract

# What the sentences may name; the same words for all, so that any of them can be rewritten.
WHY_WORDS = ("day", "usage", "baseline", "ratio", "known", "days", "least", "opened", "tier")
TEMPLATE_WORDS = ("name", "feature", "last_active", "tip", "csm", "account")
PROBLEM_WORDS = ("gap", "days", "at", "day", "share")


class Lines(Part, frozen=True):
    """The lines of M7, M8 and M12 as ratios of the baseline."""

    alert: Positive
    severe: Positive
    close: Positive


class TierRules(Part, frozen=True):
    """M3 for one tier: expected index E, a new user's share of it (N = share x E), lines by tenure band."""

    new_share: Share
    mature: Lines
    new: Lines
    expected: Positive | None = None


class Tip(Part, frozen=True):
    """M17: the helpful tip for one use case."""

    use_case: Sentence
    tip: Sentence


class Template(Part, frozen=True):
    """M17: a message to a customer; its words in braces are TEMPLATE_WORDS."""

    subject: Sentence
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


class Templates(Part, frozen=True):
    """M17, M20: the messages (`greeting` where no alert is open), and how a contact without a name is addressed."""

    anybody: Sentence
    check_in: Template
    greeting: Template
    follow_up: Template


class Why(Part, frozen=True):
    """Why an account is in its state, one sentence for each way into it."""

    inactive: Sentence
    no_feed: Sentence
    stale: Sentence
    window_gap: Sentence
    baseline_gap: Sentence
    dormant: Sentence
    new: Sentence
    no_benchmark: Sentence
    ok: Sentence
    moderate: Sentence
    severe: Sentence
    closed: Sentence


class Problems(Part, frozen=True):
    """Why nothing is sent by itself (M11, M13, M15-M17, M22)."""

    no_alert: Sentence
    data_gap: Sentence
    no_csm: Sentence
    no_address: Sentence
    high_value: Sentence
    severe: Sentence
    no_book: Sentence
    no_revenue: Sentence
    fleet: Sentence
    no_contact: Sentence
    no_mail: Sentence
    unreachable: Sentence
    gap: Sentence
    fatigue: Sentence
    quiet: Sentence


class MonitorRules(Part, frozen=True):
    """Everything that M1-M23 compare with; days are whole UTC days unless the comment in the file says otherwise."""

    window_days: Count
    baseline_days: Count
    baseline_overlap: bool
    young_days: Count
    new_min_days: Count
    blend_days: Count
    dormant_user_days: Positive
    stale_days: Annotated[int, msgspec.Meta(ge=0)]
    window_complete: Share
    baseline_complete: Share
    close_days: Count
    peers: Count
    fleet_share: Share
    fleet_accounts: Count
    fleet_hold_days: Count
    high_value_share: Share
    high_value_tiers: tuple[str, ...]
    value_a_share: Share
    value_b_share: Share
    complex_products: Count
    complex_escalations: Count
    complex_flags: tuple[str, ...]
    inactive_flags: tuple[str, ...]
    fatigue_days: NotNegative
    quiet_from: Hour
    quiet_to: Hour
    follow_up_days: Positive
    follow_ups: Annotated[int, msgspec.Meta(ge=0)]
    effect_days: Count
    recovery_days: Count
    recovered: Positive
    tiers: dict[Band, TierRules]
    tips: tuple[Tip, ...]
    templates: Templates
    why: Why
    problems: Problems

    def tier(self, name: str) -> TierRules:
        """The rules of a tier; one that the policy does not know has those of `other`, which expect nothing."""
        tiers: dict[Any, TierRules] = self.tiers
        return tiers.get(name) or tiers["other"]

    def lines(self, tier: str, young: bool) -> Lines:
        """M3: the lines of a tier and tenure band."""
        rules = self.tier(tier)
        return rules.new if young else rules.mature


def monitor_contradictions(rules: MonitorRules) -> tuple[str, ...]:
    """What a user's file says that cannot be at once; empty where all is well."""
    lines = [one for tier in rules.tiers.values() for one in (tier.mature, tier.new)]
    checks = (
        (all(one.severe <= one.alert for one in lines), "a 'severe' line in 'monitor.tiers' is above its 'alert'"),
        (all(one.alert <= one.close for one in lines), "an 'alert' line in 'monitor.tiers' is above its 'close'"),
        (
            rules.window_days + rules.baseline_days <= HISTORY,
            f"'monitor.window_days' and 'monitor.baseline_days' together exceed the {HISTORY} days that are known",
        ),
        (rules.window_days <= rules.young_days, "'monitor.window_days' is above 'monitor.young_days'"),
        (rules.blend_days <= rules.baseline_days, "'monitor.blend_days' is above 'monitor.baseline_days'"),
        (rules.new_min_days <= rules.window_days, "'monitor.new_min_days' is above 'monitor.window_days'"),
        (rules.value_a_share <= rules.value_b_share, "'monitor.value_a_share' is above 'monitor.value_b_share'"),
        (rules.effect_days <= rules.recovery_days, "'monitor.effect_days' is above 'monitor.recovery_days'"),
        (_fills(rules.why, WHY_WORDS), f"a sentence in 'monitor.why' names more than {', '.join(WHY_WORDS)}"),
        (
            _fills(rules.problems, PROBLEM_WORDS),
            f"a sentence in 'monitor.problems' names more than {', '.join(PROBLEM_WORDS)}",
        ),
        (
            all(_fills(one, TEMPLATE_WORDS) for one in _messages(rules.templates)),
            f"a text in 'monitor.templates' names more than {', '.join(TEMPLATE_WORDS)}",
        ),
    )
    return tuple(complaint for fine, complaint in checks if not fine)


def _messages(templates: Templates) -> tuple[Template, ...]:
    return templates.check_in, templates.greeting, templates.follow_up


def _fills(sentences: Part, words: tuple[str, ...]) -> bool:
    blanks = dict.fromkeys(words, "")
    try:
        for name in sentences.__struct_fields__:
            getattr(sentences, name).format(**blanks)
    except (ValueError, LookupError, AttributeError):
        return False
    return True
