"""R4–R8: the four dimensions of a Red account, their scores and their red lines, and the lines of R9."""

from collections.abc import Callable
from datetime import date

from data.account import Account, Csat, Signals
from data.red_account import Dimension, Line, UsageFacts
from triage.policy import Policy
from triage.policy_red import RedRules
from triage.rules.days import TOLERANCE

USAGE, RELATIONSHIP, SUPPORT, FINANCIAL = "usage", "relationship", "support", "financial"
ADOPTION, PRODUCT = "adoption", "product"
TODAY = 1  # the assessment day is the last complete one: today lies one day after it

Inputs = tuple[float | None, ...]
Make = Callable[[Inputs, RedRules], Dimension]
RedMemo = dict[tuple[Make, Inputs], Dimension]


def dimensions(
    account: Account,
    usage: UsageFacts,
    reference: float | None,
    policy: Policy,
    day: date,
    memo: RedMemo | None = None,
) -> tuple[Dimension, ...]:
    """The four dimensions of R1, then those of R9 that apply; `usage` holds the baseline to judge by (R14).

    A `memo` spares accounts with equal inputs the arithmetic; it is the caller's, and serves one policy.
    """
    rules, signals = policy.red, account.signals
    kept: RedMemo = {} if memo is None else memo
    found: tuple[Dimension, ...] = (
        _usage(usage, reference, rules),
        _once(kept, _relationship, _answers(signals, day), rules),
        _once(kept, _support, _service(signals, rules, day), rules),
        _once(kept, _financial, _money(signals), rules),
    )
    adoption, product = _adoption(account, rules, day), _product(signals, rules, day)
    if adoption is not None:
        found = (*found, adoption)
    return found if product is None else (*found, product)


def _once(memo: RedMemo, make: Make, inputs: Inputs, rules: RedRules) -> Dimension:
    """What `make` says of its inputs, from the memo where it is there."""
    found = memo.get((make, inputs))
    if found is None:
        found = memo[make, inputs] = make(inputs, rules)
    return found


def ratio(usage: UsageFacts) -> float | None:
    """R = U / B; None without a baseline to divide by (M10)."""
    if usage.usage is None or usage.baseline is None or usage.baseline <= TOLERANCE:
        return None
    return usage.usage / usage.baseline


def decline(usage: UsageFacts, reference: float | None, rules: RedRules) -> float | None:
    """R4's decline, 1 − U(t)/U(t−60), the larger of the running one and that against the frozen reference (R14)."""
    if usage.usage is None or usage.days < rules.lines.decline_days:
        return None
    then = usage.usage_60d
    if reference is not None and reference > TOLERANCE and (then is None or then < reference):
        then = reference  # the fall from the higher is the larger
    return 1 - usage.usage / then if then is not None and then > TOLERANCE else None


def newest_csat(scores: tuple[Csat, ...]) -> Csat | None:
    """The latest score with a scale; of two on one day the worse."""
    newest = None
    for one in scores:
        if one.scale > 0 and (newest is None or _newer(one, newest)):
            newest = one
    return newest


def _newer(one: Csat, other: Csat) -> bool:
    if one.at != other.at:
        return one.at > other.at
    return one.score / one.scale < other.score / other.scale


def response_rate(signals: Signals | None, rules: RedRules) -> float | None:
    """Answers per attempt in 90 days; None under three attempts (R5)."""
    asked = None if signals is None else signals.outreach
    return None if asked is None else _rate(asked.attempts_90d, asked.responses_90d, rules)


def _rate(attempts: float | None, responses: float | None, rules: RedRules) -> float | None:
    if attempts is None or responses is None or attempts < rules.lines.min_attempts:
        return None
    return responses / attempts


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


def _yes(name: str, value: float | None) -> Line:
    return Line(name, None, 1.0, None, False) if value is None else Line(name, float(value), 1.0, bool(value), False)


def _dimension(name: str, weight: float, score: float | None, *lines: Line) -> Dimension:
    """Red past any line, not Red where at least one line is known and none is passed."""
    red: bool | None = None
    for line in lines:
        if line.red:
            red = True
            break
        if line.red is not None:
            red = False
    return Dimension(name, weight, score, red, lines)


def _usage(usage: UsageFacts, reference: float | None, rules: RedRules) -> Dimension:
    """R4 under a quarter of the baseline, or half gone in 60 days; R8 100·R, clamped."""
    limits, share, fall = rules.lines, ratio(usage), decline(usage, reference, rules)
    score = None if share is None else min(max(100 * share, 0.0), 100.0)
    low = None if share is None else share < limits.usage_ratio - TOLERANCE
    fell = None if fall is None else fall >= limits.decline - TOLERANCE
    lines = (
        Line("usage.ratio", share, limits.usage_ratio, low, False),
        Line("usage.decline", fall, limits.decline, fell, False),
    )
    red = True if low or fell else None if low is None and fell is None else False
    return Dimension(USAGE, rules.weights["usage"], score, red, lines)


def _answers(signals: Signals | None, day: date) -> Inputs:
    """What R5 asks: attempts and answers in 90 days, and whether the champion left."""
    asked = None if signals is None else signals.outreach
    left = champion_left(signals, day)
    return (None, None, left) if asked is None else (asked.attempts_90d, asked.responses_90d, left)


def _relationship(inputs: Inputs, rules: RedRules) -> Dimension:
    """R5 too few answers, or the champion left; R8 the answers' anchors, halved where the champion left."""
    attempts, responses, left = inputs
    rate = _rate(attempts, responses, rules)
    few = attempts is not None and attempts < rules.lines.min_attempts
    score = None if rate is None else anchored(rate, rules.scores.response)
    if score is not None and left:
        score *= rules.scores.champion_left
    return _dimension(
        RELATIONSHIP,
        rules.weights["relationship"],
        score,
        _below("relationship.response", rate, rules.lines.response_rate, few),
        _yes("relationship.champion_left", left),
    )


def _service(signals: Signals | None, rules: RedRules, day: date) -> Inputs:
    """What R6 asks: open escalations, whether the oldest ticket is old, CSAT of 10 and whether it is none or lapsed."""
    if signals is None:
        return None, False, None, False
    newest, tickets = newest_csat(signals.csat), signals.tickets
    csat = None
    if newest is not None and (day - newest.at).days <= rules.lines.csat_days:
        csat = 10 * newest.score / newest.scale
    if tickets is None:
        return None, False, csat, csat is None
    oldest = tickets.oldest_open_days
    old = oldest is not None and oldest > rules.scores.old_ticket_days + TOLERANCE
    return tickets.escalated, old, csat, csat is None


def _support(inputs: Inputs, rules: RedRules) -> Dimension:
    """R6 three open escalations, or a CSAT under 3 of 10; R8 the mean of what is known of both."""
    escalated, old, csat, lapsed = inputs
    parts = [] if csat is None else [10 * csat]
    if escalated is not None:
        aged = rules.scores.per_old_ticket if old else 0.0
        parts.append(max(0.0, 100 - rules.scores.per_escalated * escalated - aged))
    return _dimension(
        SUPPORT,
        rules.weights["support"],
        sum(parts) / len(parts) if parts else None,
        _from("support.escalated", escalated, rules.lines.escalated),
        _below("support.csat", csat, rules.lines.csat, bool(lapsed)),
    )


def _money(signals: Signals | None) -> Inputs:
    """What R7 asks: days late, and whether there is a contraction notice."""
    if signals is None:
        return None, None
    return None if signals.payment is None else signals.payment.days_late, signals.contraction_notice


def _financial(inputs: Inputs, rules: RedRules) -> Dimension:
    """R7 a payment past its grace, or a contraction notice; R8 the bands of days late, 0 with a notice."""
    late, notice = inputs
    score = None
    if notice:
        score = rules.scores.very_late
    elif late is not None:
        score = next((points for days, points in rules.scores.late if late <= days), rules.scores.very_late)
    delayed = None if late is None else late > rules.lines.grace_days
    return _dimension(
        FINANCIAL,
        rules.weights["financial"],
        score,
        Line("financial.late", late, rules.lines.grace_days, delayed, False),
        _yes("financial.contraction", notice),
    )


def _adoption(account: Account, rules: RedRules, day: date) -> Dimension | None:
    """R9: in the first 90 days, adoption under 40 % of the plan."""
    age = tenure(account, day)
    if age is None or age >= rules.segments.new_days:
        return None
    adoption = None if account.signals is None else account.signals.adoption_pct
    return _dimension(ADOPTION, 0.0, adoption, _below("adoption.new", adoption, rules.segments.new_adoption))


def _product(signals: Signals | None, rules: RedRules, day: date) -> Dimension | None:
    """R9: the worst product that is at least 90 days old."""
    limit = rules.segments.product_adoption
    if signals is None:
        return _dimension(PRODUCT, 0.0, None, _below("product.worst", None, limit))
    if not signals.products:
        return None
    least, worst, partial, old = rules.segments.product_days, None, False, False
    for one in signals.products:
        if one.since is None or (day - one.since).days < least:
            continue
        old, adoption = True, one.adoption_pct
        if adoption is None:
            partial = True
        elif worst is None or adoption < worst:
            worst = adoption
    if not old:
        return None
    line = _below("product.worst", worst, limit)
    if line.red is False and partial:
        line = Line(line.name, line.value, line.limit, None, False)
    return _dimension(PRODUCT, 0.0, line.value, line)
