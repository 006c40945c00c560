"""R4–R8: the four dimensions of a Red account, their scores and their red lines, and the lines of R9."""

from datetime import date

from data.account import Account, Csat, Signals
from data.red_account import Dimension, Line, UsageFacts
from triage.policy import Policy
from triage.policy_red import RedRules
from triage.rules.days import TOLERANCE

USAGE, RELATIONSHIP, SUPPORT, FINANCIAL = "usage", "relationship", "support", "financial"
ADOPTION, PRODUCT = "adoption", "product"
TODAY = 1  # the assessment day is the last complete one: today lies one day after it


def dimensions(
    account: Account, usage: UsageFacts, reference: float | None, policy: Policy, day: date
) -> tuple[Dimension, ...]:
    """The four dimensions of R1, then those of R9 that apply; `usage` holds the baseline to judge by (R14)."""
    rules, signals = policy.red, account.signals
    found = [
        _usage(usage, reference, rules),
        _relationship(signals, rules, day),
        _support(signals, rules, day),
        _financial(signals, rules),
        _adoption(account, rules, day),
        _product(signals, rules, day),
    ]
    return tuple(one for one in found if one is not None)


def ratio(usage: UsageFacts) -> float | None:
    """R = U / B; None without a baseline to divide by (M10)."""
    if usage.usage is None or usage.baseline is None or usage.baseline <= TOLERANCE:
        return None
    return usage.usage / usage.baseline


def decline(usage: UsageFacts, reference: float | None, rules: RedRules) -> float | None:
    """R4's decline, 1 − U(t)/U(t−60), the larger of the running one and that against the frozen reference (R14)."""
    if usage.usage is None or usage.days < rules.lines.decline_days:
        return None
    past = [1 - usage.usage / one for one in (usage.usage_60d, reference) if one is not None and one > TOLERANCE]
    return max(past, default=None)


def newest_csat(scores: tuple[Csat, ...]) -> Csat | None:
    """The latest score with a scale; of two on one day the worse."""
    found = [one for one in scores if one.scale > 0] if scores else ()
    return max(found, key=lambda one: (one.at, -one.score / one.scale), default=None)


def response_rate(signals: Signals | None, rules: RedRules) -> float | None:
    """Answers per attempt in 90 days; None under three attempts (R5)."""
    asked = None if signals is None else signals.outreach
    if asked is None or asked.attempts_90d is None or asked.responses_90d is None:
        return None
    return asked.responses_90d / asked.attempts_90d if asked.attempts_90d >= rules.lines.min_attempts else None


def champion_left(signals: Signals | None, day: date) -> bool | None:
    """A departure stands until a new champion is set; None where nobody is known (R5)."""
    champion = None if signals is None else signals.champion
    if champion is None or (champion.name is None and champion.left_at is None):
        return None
    return champion.left_at is not None and (champion.left_at - day).days <= TODAY


def tenure(account: Account, day: date) -> int | None:
    """Whole days from the account's creation to the assessment day."""
    return None if account.created_at is None else (day - account.created_at.date()).days


def anchored(value: float, anchors: tuple[tuple[float, float], ...]) -> float:
    """Piecewise linear between the anchors, clamped outside them."""
    if value <= anchors[0][0]:
        return anchors[0][1]
    for (left, low), (right, high) in zip(anchors, anchors[1:], strict=False):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return anchors[-1][1]


def _below(name: str, value: float | None, limit: float, lapsed: bool = False) -> Line:
    return Line(name, value, limit, None if value is None else value < limit - TOLERANCE, lapsed)


def _from(name: str, value: float | None, limit: float) -> Line:
    return Line(name, value, limit, None if value is None else value >= limit - TOLERANCE, False)


def _yes(name: str, value: bool | None) -> Line:
    return Line(name, None if value is None else float(value), 1.0, value, False)


def _dimension(name: str, weight: float, score: float | None, lines: tuple[Line, ...]) -> Dimension:
    """Red past any line, not Red where at least one line is known and none is passed."""
    known = [line.red for line in lines if line.red is not None]
    return Dimension(name, weight, score, True in known if known else None, lines)


def _usage(usage: UsageFacts, reference: float | None, rules: RedRules) -> Dimension:
    """R4 under a quarter of the baseline, or half gone in 60 days; R8 100·R, clamped."""
    share = ratio(usage)
    lines = (
        _below("usage.ratio", share, rules.lines.usage_ratio),
        _from("usage.decline", decline(usage, reference, rules), rules.lines.decline),
    )
    score = None if share is None else min(max(100 * share, 0.0), 100.0)
    return _dimension(USAGE, rules.weights["usage"], score, lines)


def _relationship(signals: Signals | None, rules: RedRules, day: date) -> Dimension:
    """R5 too few answers, or the champion left; R8 the answers' anchors, halved where the champion left."""
    rate, left = response_rate(signals, rules), champion_left(signals, day)
    attempts = None if signals is None or signals.outreach is None else signals.outreach.attempts_90d
    few = attempts is not None and attempts < rules.lines.min_attempts
    lines = (
        _below("relationship.response", rate, rules.lines.response_rate, few),
        _yes("relationship.champion_left", left),
    )
    score = None if rate is None else anchored(rate, rules.scores.response)
    if score is not None and left:
        score *= rules.scores.champion_left
    return _dimension(RELATIONSHIP, rules.weights["relationship"], score, lines)


def _support(signals: Signals | None, rules: RedRules, day: date) -> Dimension:
    """R6 three open escalations, or a CSAT under 3 of 10; R8 the mean of what is known of both."""
    scores = () if signals is None else signals.csat
    newest = newest_csat(scores)
    fresh = newest is not None and (day - newest.at).days <= rules.lines.csat_days
    csat = 10 * newest.score / newest.scale if newest is not None and fresh else None
    tickets = None if signals is None else signals.tickets
    escalated = None if tickets is None else tickets.escalated
    parts = [] if csat is None else [10 * csat]
    if tickets is not None and escalated is not None:
        oldest = tickets.oldest_open_days
        old = oldest is not None and oldest > rules.scores.old_ticket_days + TOLERANCE
        parts.append(max(0.0, 100 - rules.scores.per_escalated * escalated - rules.scores.per_old_ticket * old))
    lines = (
        _from("support.escalated", escalated, rules.lines.escalated),
        _below("support.csat", csat, rules.lines.csat, lapsed=signals is not None and not fresh),
    )
    score = sum(parts) / len(parts) if parts else None
    return _dimension(SUPPORT, rules.weights["support"], score, lines)


def _financial(signals: Signals | None, rules: RedRules) -> Dimension:
    """R7 a payment past its grace, or a contraction notice; R8 the bands of days late, 0 with a notice."""
    payment = None if signals is None else signals.payment
    late = None if payment is None else payment.days_late
    notice = None if signals is None else signals.contraction_notice
    delayed = None if late is None else late > rules.lines.grace_days
    lines = (
        Line("financial.late", late, rules.lines.grace_days, delayed, False),
        _yes("financial.contraction", notice),
    )
    score = None
    if notice:
        score = rules.scores.very_late
    elif late is not None:
        score = next((points for days, points in rules.scores.late if late <= days), rules.scores.very_late)
    return _dimension(FINANCIAL, rules.weights["financial"], score, lines)


def _adoption(account: Account, rules: RedRules, day: date) -> Dimension | None:
    """R9: in the first 90 days, adoption under 40 % of the plan."""
    age = tenure(account, day)
    if age is None or age >= rules.segments.new_days:
        return None
    adoption = None if account.signals is None else account.signals.adoption_pct
    return _dimension(ADOPTION, 0.0, adoption, (_below("adoption.new", adoption, rules.segments.new_adoption),))


def _product(signals: Signals | None, rules: RedRules, day: date) -> Dimension | None:
    """R9: the worst product that is at least 90 days old."""
    if signals is None:
        return _dimension(PRODUCT, 0.0, None, (_below("product.worst", None, rules.segments.product_adoption),))
    products = signals.products
    old = [one for one in products if one.since is not None and (day - one.since).days >= rules.segments.product_days]
    if not old:
        return None
    known = [one.adoption_pct for one in old if one.adoption_pct is not None]
    line = _below("product.worst", min(known, default=None), rules.segments.product_adoption)
    if line.red is False and len(known) < len(old):
        line = Line(line.name, line.value, line.limit, None, False)
    return _dimension(PRODUCT, 0.0, line.value, (line,))
