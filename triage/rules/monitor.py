"""The usage monitor: one account's reading on one day (M1, M4-M12), and an alert rebuilt from the series."""

from datetime import date, datetime

import msgspec

from data.account import Account, Value
from data.health_book import BookContext
from data.health_monitor import Alert, MonitorReading, MonitorState
from triage.policy import Policy
from triage.policy_monitor import Lines, MonitorRules
from triage.rules import monitor_alert
from triage.rules.days import TOLERANCE
from triage.rules.monitor_quiet import next_low, next_move, sums_of
from triage.rules.monitor_route import route
from triage.rules.monitor_series import (
    Series,
    Span,
    baseline,
    read_series,
    seen_seats,
    utc_day,
    window,
)

OWN = "own"
NEW_USER = "new_user"
BLEND = "blend"
PEERS = "peers"
POLICY = "policy"
NOTHING = Span(0, 0, None)
DECLINE_DAYS = 60  # R4


class Look(Value, frozen=True):
    """One day before any alert: windows, what U is held against, E, and the state that forbids a ratio (or None).

    `lines` are M3's of its tier and tenure band.
    """

    day: date | None
    tenure: int | None
    lines: Lines | None
    window: Span
    baseline: Span
    yardstick: float | None
    yardstick_from: str | None
    expected: float | None
    expected_from: str | None
    state: MonitorState | None
    why: str


def read_monitor(
    account: Account,
    policy: Policy,
    book: BookContext,
    now: datetime,
    complete_through: date | None,
    alert: Alert | None,
    brief: bool = False,
) -> MonitorReading:
    """The account's reading at `now` and its alert after this day; `alert` is the one stored with the last verdict.

    Idempotent within one day t: read again with the alert it returned, it says the same.
    `brief`: without `why`, index and route.
    """
    rules, series = policy.monitor, read_series(account, policy.monitor, complete_through)
    look = _look(account, rules, book, series, 0 if series is None else series.last)
    own = look.yardstick_from == OWN and look.state not in (MonitorState.DORMANT, MonitorState.DATA_GAP)
    if series is not None and look.why != "inactive" and (utc_day(now) - series.day).days > rules.stale_days:
        look = msgspec.structs.replace(look, state=MonitorState.DATA_GAP, why="stale")
    kept, state, ratio = _after(account, rules, look, alert)
    used, before = look.window, look.baseline
    reading = MonitorReading(
        state,
        look.day,
        look.tenure,
        None if series is None else series.seats,
        used.mean,
        look.yardstick if kept is None else kept.baseline,
        look.yardstick_from,
        kept is not None,
        ratio,
        look.expected,
        look.expected_from,
        None if brief else _index(used.mean, look.expected),
        used.days,
        used.known,
        before.days,
        before.known,
        kept,
        None if kept is None or look.day is None else monitor_alert.event(kept, look.day),
        None if brief or kept is None or not kept.is_open else route(account, kept.severity, policy, book),
        "",
        look.yardstick if own else None,
        None if series is None else _usage_then(series, rules),
        0 if series is None else series.last + 1 - max(series.born or 0, 0),
    )
    return reading if brief else msgspec.structs.replace(reading, why=_why(reading, look, rules, str(account.tier)))


def _usage_then(series: Series, rules: MonitorRules) -> float | None:
    """R4: U(t-60), where that window is known well enough (M11)."""
    if series.last < DECLINE_DAYS:
        return None
    then = window(series, series.last - DECLINE_DAYS, rules)
    return then.mean if then.known >= rules.window_complete * then.days - TOLERANCE else None


def replay(account: Account, policy: Policy, book: BookContext, complete_through: date | None) -> Alert | None:
    """M12: the open alert as the 180-day series tells it, for a cache that holds none; marked `replayed`.

    What opened before the series can show it is lost. Days on which nothing can be measured change nothing.
    """
    rules = policy.monitor
    series = read_series(account, rules, complete_through)
    if series is None or not watched(account, rules):
        return None
    tier, alert = str(account.tier), None
    mature = expected(tier, rules, book)[0]
    benchmark = None if mature is None else mature * rules.tier(tier).new_share
    sums = sums_of(series, rules)
    position = next_low(series, sums, tier, benchmark, rules, 0)
    while position < len(series.counts):
        day = series if series.seats_known else _reseated(series, position, rules)
        alert = _after(account, rules, _look(account, rules, book, day, position), alert)[0]
        position += 1
        if alert is not None and alert.is_open:
            position = next_move(series, sums, tier, alert, rules, position)
        else:
            position = next_low(series, sums, tier, benchmark, rules, position)
    if alert is None or not alert.is_open:
        return None
    return msgspec.structs.replace(alert, replayed=True)


def watched(account: Account, rules: MonitorRules) -> bool:
    """M1: every account is watched that the source does not flag as gone."""
    flags = account.flags
    return not flags or not any(flag in rules.inactive_flags for flag in flags)


def _look(account: Account, rules: MonitorRules, book: BookContext, series: Series | None, position: int) -> Look:
    """One day of the series by M4-M11, in the order of M9b: data gap, dormant, new, then whatever the ratio says."""
    gone = not watched(account, rules)
    if series is None:
        stop = (MonitorState.DORMANT, "inactive") if gone else (MonitorState.DATA_GAP, "no_feed")
        return Look(None, None, None, NOTHING, NOTHING, None, None, None, None, *stop)
    tenure, tier = series.tenure(position), rules.tier(account.tier)
    young = tenure is not None and tenure < rules.young_days
    used, before = window(series, position, rules), baseline(series, position, rules)
    mature, source = expected(account.tier, rules, book)
    benchmark = None if mature is None else mature * tier.new_share
    held, held_from = _yardstick(young, tenure, before, benchmark, rules)
    asked = benchmark if young else mature
    state, why = _stop(series, young, used, before, held, rules)
    if gone:
        state, why = MonitorState.DORMANT, "inactive"
    day, lines = series.date_of(position), tier.new if young else tier.mature
    return Look(day, tenure, lines, used, before, held, held_from, asked, source, state, why)


def _stop(
    series: Series, young: bool, used: Span, before: Span, held: float | None, rules: MonitorRules
) -> tuple[MonitorState | None, str]:
    """M9b: the state that forbids a ratio, and why; None where the ratio speaks."""
    gap = _gap(used, before, rules)
    if gap is not None:
        return MonitorState.DATA_GAP, gap
    if held is not None and user_days(held, series.seats, rules) < rules.dormant_user_days - TOLERANCE:
        return MonitorState.DORMANT, "dormant"
    if young and used.known < rules.new_min_days:
        return MonitorState.NEW, "new"
    return (MonitorState.NEW, "no_benchmark") if held is None else (None, "")


def expected(tier: str, rules: MonitorRules, book: BookContext) -> tuple[float | None, str | None]:
    """M5: E of a mature account of this tier, and whether peers or the policy say so."""
    median = book.expected.get(tier)
    if median is not None:
        return median, PEERS
    stated = rules.tier(tier).expected
    return stated, None if stated is None else POLICY


def user_days(level: float, seats: float, rules: MonitorRules) -> float:
    """M10: an index as the user-days of one window."""
    return level / 100.0 * seats * rules.window_days


def _yardstick(
    young: bool, tenure: int | None, before: Span, benchmark: float | None, rules: MonitorRules
) -> tuple[float | None, str | None]:
    """M6, M7, M9: N for a young account, B for a mature one, both blended where tenure leaves B under 28 days."""
    if young:
        return benchmark, NEW_USER
    if tenure is None or before.days >= rules.blend_days:
        return before.mean, OWN
    if benchmark is None or before.mean is None:
        return None, BLEND
    known = min(before.known, rules.blend_days)
    return (known * before.mean + (rules.blend_days - known) * benchmark) / rules.blend_days, BLEND


def _gap(used: Span, before: Span, rules: MonitorRules) -> str | None:
    """M11: of the days that exist 70 % of the window and 60 % of the baseline must be known."""
    if used.known < rules.window_complete * used.days - TOLERANCE:
        return "window_gap"
    return "baseline_gap" if before.known < rules.baseline_complete * before.days - TOLERANCE else None


def _after(
    account: Account, rules: MonitorRules, look: Look, alert: Alert | None
) -> tuple[Alert | None, MonitorState, float | None]:
    """M12: the alert after this day, the state (M9b) and the ratio, against the frozen yardstick if there is one."""
    day, used, lines = look.day, look.window.mean, look.lines
    kept = alert if day is None else monitor_alert.standing(alert, day)
    if look.state is MonitorState.DATA_GAP or day is None or used is None or lines is None:
        return kept, look.state or MonitorState.NEW, None
    if look.why == "inactive":
        gone = None if kept is None else msgspec.structs.replace(kept, closed=day)
        return gone, MonitorState.DORMANT, None
    if kept is None:
        if look.state is not None or look.yardstick is None:
            return None, look.state or MonitorState.NEW, None
        ratio = used / look.yardstick
        kept = monitor_alert.opened(ratio, look.yardstick, lines, day)
    else:
        ratio = used / kept.baseline
        if kept.is_open:
            kept = monitor_alert.stepped(kept, ratio, lines, rules.close_days, day)
    return kept, kept.severity if kept is not None and kept.is_open else MonitorState.OK, ratio


def _index(used: float | None, level: float | None) -> float | None:
    """M5: I = 100 U / E."""
    return None if used is None or level is None or level <= TOLERANCE else 100.0 * used / level


def _reseated(series: Series, position: int, rules: MonitorRules) -> Series:
    """The series with the seats that were seen up to `position`, where nobody knows the licensed ones (M4)."""
    seats = seen_seats(series.counts, series.born, position, rules)
    return msgspec.structs.replace(series, seats=seats)


def _why(reading: MonitorReading, look: Look, rules: MonitorRules, tier: str) -> str:
    """The sentence of the policy for this state, with its numbers."""
    closed = reading.event == monitor_alert.CLOSED and reading.state is MonitorState.OK
    name = look.why if reading.state is look.state else "closed" if closed else reading.state.value
    spans = {
        "window_gap": (look.window, rules.window_complete),
        "baseline_gap": (look.baseline, rules.baseline_complete),
    }
    held, share = spans.get(name, (look.window, 0.0))
    least = {"stale": rules.stale_days, "new": rules.new_min_days}.get(name, _least(held.days, share))
    return str(getattr(rules.why, name)).format(
        day="" if reading.day is None else reading.day.isoformat(),
        usage=_round(reading.usage),
        baseline=_round(reading.baseline),
        ratio="" if reading.ratio is None else f"{100 * reading.ratio:.0f} %",
        known=held.known,
        days=held.days,
        least=least,
        opened="" if reading.alert is None else reading.alert.opened.isoformat(),
        tier=tier,
    )


def _least(days: int, share: float) -> int:
    return -int(-(share * days - TOLERANCE) // 1)


def _round(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
