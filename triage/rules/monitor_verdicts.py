"""The monitor's verdicts: each rule with the numbers from which a person can replay its arithmetic."""

from datetime import date, datetime

from data.account import Account
from data.assessment import Verdict
from data.health_book import BookContext
from data.health_monitor import Alert, MonitorReading, MonitorState
from triage.policy import Policy
from triage.rules.days import TOLERANCE, iso
from triage.rules.monitor import expected, user_days
from triage.rules.monitor_route import fleet_event, high_value, is_complex, prerequisites
from triage.rules.monitor_series import Series, baseline, read_series

Inputs = dict[str, object]
FORMULAS = {
    "new_user": ("M6", "N = new_share x E"),
    "own": ("M7", "B = 100 / known x sum of min(1, users / seats)"),
    "blend": ("M9", "(n x own + (blend_days - n) x N) / blend_days"),
}


def monitor_verdicts(
    account: Account,
    reading: MonitorReading,
    policy: Policy,
    book: BookContext,
    now: datetime,
    complete_through: date | None,
) -> tuple[Verdict, ...]:
    """Explain `reading`; every input carries the policy's version."""
    series = read_series(account, policy.monitor, complete_through)
    said = [_state(reading, policy, now)]
    if series is not None:
        said += [_usage(reading, series, policy), _complete(reading, policy), _normalised(reading, book)]
        said += [_yardstick(account, reading, series, policy, book), _dormant(reading, series, policy)]
    if reading.ratio is not None:
        said.append(_severity(account, reading, policy))
    if reading.alert is not None:
        said += [_alert(reading.alert, reading, policy), *_route(account, reading, policy, book)]
    lacking = prerequisites(account)
    if lacking:
        said.append(Verdict("M23", f"lacks {', '.join(lacking)}", {"lacks": list(lacking)}))
    return tuple(Verdict(one.rule, one.verdict, {**one.inputs, "policy": policy.version}) for one in said)


def _state(reading: MonitorReading, policy: Policy, now: datetime) -> Verdict:
    inputs: Inputs = {
        "why": reading.why,
        "day": _day(reading.day),
        "tenure_days": reading.tenure_days,
        "stale_days": policy.monitor.stale_days,
        "now": iso(now),
    }
    return Verdict("M9b", reading.state.value, inputs)


def _usage(reading: MonitorReading, series: Series, policy: Policy) -> Verdict:
    """M4: U = 100 x mean of min(1, x/s) over the known days of `window`."""
    size = policy.monitor.window_days
    inputs: Inputs = {
        "window": _counts(series, series.last + 1 - size, series.last + 1),
        "seats": series.seats,
        "seats_from": "licensed" if series.seats_known else "most distinct daily users seen",
        "days": reading.days,
        "known": reading.known,
        "zero_days_after": series.zero_days,
        "formula": "U = 100 / known x sum of min(1, users / seats)",
    }
    return Verdict("M4", _number(reading.usage), inputs)


def _complete(reading: MonitorReading, policy: Policy) -> Verdict:
    rules = policy.monitor
    enough = (
        reading.known >= rules.window_complete * reading.days - TOLERANCE
        and reading.baseline_known >= rules.baseline_complete * reading.baseline_days - TOLERANCE
    )
    inputs: Inputs = {
        "window": [reading.known, reading.days],
        "window_complete": rules.window_complete,
        "baseline": [reading.baseline_known, reading.baseline_days],
        "baseline_complete": rules.baseline_complete,
    }
    return Verdict("M11", "complete enough" if enough else "gap", inputs)


def _normalised(reading: MonitorReading, book: BookContext) -> Verdict:
    inputs: Inputs = {
        "usage": reading.usage,
        "expected": reading.expected,
        "expected_from": reading.expected_from,
        "book": _day(book.day),
        "formula": "I = 100 x U / E",
    }
    return Verdict("M5", _number(reading.index), inputs)


def _yardstick(account: Account, reading: MonitorReading, series: Series, policy: Policy, book: BookContext) -> Verdict:
    """M6, M7, M9: what U is held against today, n known days of the own mean; an open alert's stays frozen (M12)."""
    rules = policy.monitor
    end = series.last + 1 - (0 if rules.baseline_overlap else rules.window_days)
    rule, formula = FORMULAS.get(reading.baseline_from or "", FORMULAS["own"])
    mature = expected(str(account.tier), rules, book)[0]
    share = rules.tier(account.tier).new_share
    inputs: Inputs = {
        "baseline": _counts(series, end - rules.baseline_days, end),
        "seats": series.seats,
        "days": reading.baseline_days,
        "known": reading.baseline_known,
        "own": baseline(series, series.last, rules).mean,
        "overlap": rules.baseline_overlap,
        "expected_mature": mature,
        "new_share": share,
        "new_user": None if mature is None else share * mature,
        "blend_days": rules.blend_days,
        "frozen": reading.frozen,
        "formula": formula,
    }
    return Verdict(rule, _number(reading.baseline), inputs)


def _dormant(reading: MonitorReading, series: Series, policy: Policy) -> Verdict:
    held = None if reading.baseline is None else user_days(reading.baseline, series.seats, policy.monitor)
    inputs: Inputs = {
        "baseline": reading.baseline,
        "seats": series.seats,
        "user_days": held,
        "dormant_user_days": policy.monitor.dormant_user_days,
    }
    return Verdict("M10", "dormant" if reading.state is MonitorState.DORMANT else "not dormant", inputs)


def _severity(account: Account, reading: MonitorReading, policy: Policy) -> Verdict:
    tenure = reading.tenure_days
    young = tenure is not None and tenure < policy.monitor.young_days
    lines = policy.monitor.lines(account.tier, young)
    inputs: Inputs = {
        "usage": reading.usage,
        "baseline": reading.baseline,
        "ratio": reading.ratio,
        "alert": lines.alert,
        "severe": lines.severe,
        "close": lines.close,
        "band": "new" if young else "mature",
        "tier": str(account.tier),
        "formula": "R = U / baseline",
    }
    return Verdict("M8", reading.state.value, inputs)


def _alert(alert: Alert, reading: MonitorReading, policy: Policy) -> Verdict:
    inputs: Inputs = {
        "opened": _day(alert.opened),
        "severity": alert.severity.value,
        "frozen_baseline": alert.baseline,
        "escalated": _day(alert.escalated),
        "calm": [_day(one) for one in alert.calm],
        "close_days": policy.monitor.close_days,
        "closed": _day(alert.closed),
        "replayed": alert.replayed,
        "event": reading.event,
    }
    return Verdict("M12", "open" if alert.is_open else "closed", inputs)


def _route(account: Account, reading: MonitorReading, policy: Policy, book: BookContext) -> list[Verdict]:
    """M13-M16: value, complexity and severity behind the route."""
    if reading.alert is None or reading.route is None:
        return []
    valued, involved = high_value(account, policy, book), is_complex(account, policy)
    inputs: Inputs = {
        "high_value": valued,
        "complex": involved,
        "severity": reading.alert.severity.value,
        "csm": None if account.csm is None else account.csm.staff_id,
        "mrr": account.mrr,
        "high_value_mrr": book.high_value_mrr,
        "book": _day(book.day),
    }
    said = [Verdict("M16" if account.csm is None else "M15", reading.route.value, inputs)]
    if fleet_event(book.crossed, book.watched, policy.monitor) or reading.alert.opened in book.fleet_days:
        held: Inputs = {
            "crossed": book.crossed,
            "watched": book.watched,
            "day": _day(book.day),
            "fleet_days": [_day(one) for one in book.fleet_days],
        }
        said.append(Verdict("M13", "suspected feed or holiday fault", held))
    return said


def _counts(series: Series, low: int, end: int) -> list[int | None]:
    """The days that exist between two positions; those before the series are unknown and left out."""
    return list(series.counts[max(low, series.born or 0, 0) : max(end, 0)])


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f}"


def _day(one: date | None) -> str | None:
    return None if one is None else one.isoformat()
