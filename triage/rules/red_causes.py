"""R13: the playbooks of the five root causes, which to look at first, and their success as far as signals tell."""

from collections.abc import Callable
from datetime import date

from data.account import Account, Signals
from data.red_account import Criterion, Episode, RedReading, UsageFacts
from triage.policy import Policy
from triage.policy_red import Metric, Playbook, RedRules
from triage.rules.days import TOLERANCE
from triage.rules.red_dimensions import champion_left, newest_csat, ratio, response_rate

INTEGRATION = "integration"


def playbook(root_cause: str, policy: Policy) -> Playbook | None:
    """The playbook of a root cause; None where the policy knows no such cause."""
    return {str(name): book for name, book in policy.red.playbooks.items()}.get(root_cause)


def suggested(account: Account, reading: RedReading, policy: Policy) -> tuple[str, ...]:
    """The root causes to look at first, by the causes of today, each once; the person decides.

    Several permission downgrades point at an integration that broke. A composite alone suggests by its worst dimension.
    """
    rules = policy.red
    causes = reading.causes
    if causes == ("composite",):
        scored = [(one.score, one.name) for one in reading.dimensions if one.score is not None and one.weight > 0]
        causes = (min(scored)[1],) if scored else ()
    table = {str(cause): roots for cause, roots in rules.suggest.items()}
    found = [str(root) for cause in causes for root in table.get(cause, ())]
    downgrades = None if account.signals is None else account.signals.permission_downgrades_30d
    if INTEGRATION in found and downgrades is not None and downgrades >= rules.broken_downgrades:
        found.insert(0, INTEGRATION)
    return tuple(dict.fromkeys(found))


def check(
    root_cause: str, account: Account, usage: UsageFacts, episode: Episode, policy: Policy, day: date
) -> tuple[Criterion, ...]:
    """Every success metric of a playbook as of `day`; `usage` holds the frozen baseline. Unknown is not met."""
    book = playbook(root_cause, policy)
    if book is None:
        return ()
    return tuple(_checked(metric, account.signals, usage, episode, policy, day) for metric in book.success)


def succeeded(criteria: tuple[Criterion, ...]) -> bool | None:
    """True where all are met, False where one is known not to be, None where only a person can say."""
    if any(one.met is False for one in criteria):
        return False
    return True if criteria and all(one.met for one in criteria) else None


def _checked(
    metric: Metric, signals: Signals | None, usage: UsageFacts, episode: Episode, policy: Policy, day: date
) -> Criterion:
    rules = policy.red
    values: dict[str, Callable[[], float | None]] = {
        "usage_growth": lambda: _growth(usage.usage, episode.usage),
        "modules": lambda: _modules(signals, rules),
        "usage_normal": lambda: ratio(usage),
        "escalations": lambda: None if signals is None or signals.tickets is None else signals.tickets.escalated,
        "champion": lambda: _champion(signals, day),
        "response_rate": lambda: response_rate(signals, rules),
        "csat": lambda: _csat(signals, episode),
        "tickets_cut": lambda: _cut(signals, episode),
    }
    if metric.check == "person":
        return Criterion(metric.text, metric.check, None, None, None)
    value = values[metric.check]()
    met = None if value is None else value >= metric.target - TOLERANCE
    if metric.check == "champion" and value is not None:
        met = value > 0
    if metric.check == "escalations" and value is not None:
        met = value <= metric.target + TOLERANCE
    return Criterion(metric.text, metric.check, value, metric.target, met)


def _growth(now: float | None, then: float | None) -> float | None:
    """How much usage grew since designation; from nothing to something is beyond any share, so it is unknown."""
    return None if now is None or then is None or then <= TOLERANCE else now / then - 1


def _modules(signals: Signals | None, rules: RedRules) -> float | None:
    """Products adopted at R9's line; where the source lists none, the features in use."""
    if signals is None:
        return None
    if not signals.products:
        return signals.features_used
    shares = [one.adoption_pct for one in signals.products if one.adoption_pct is not None]
    return sum(share >= rules.segments.product_adoption - TOLERANCE for share in shares) if shares else None


def _champion(signals: Signals | None, day: date) -> float | None:
    left = champion_left(signals, day)
    return None if left is None else float(not left)


def _csat(signals: Signals | None, episode: Episode) -> float | None:
    """The latest score on 10 points, given since the designation: an older one says nothing of the recovery."""
    newest = None if signals is None else newest_csat(signals.csat)
    return None if newest is None or newest.at < episode.opened else 10 * newest.score / newest.scale


def _cut(signals: Signals | None, episode: Episode) -> float | None:
    """The share of open tickets that is gone since designation."""
    tickets = None if signals is None or signals.tickets is None else signals.tickets.open
    return None if tickets is None or not episode.tickets else 1 - tickets / episode.tickets
