"""The verdicts behind a health index: each rule of H with the inputs by which a person can replay it."""

from datetime import date

from data.account import Account
from data.assessment import Verdict
from data.health_book import NO_DAYS, BookContext, Days
from data.health_index import Component, IndexReading
from triage.policy import Policy
from triage.rules import index_trend as trend
from triage.rules.days import iso
from triage.rules.index_worth import seat_share

Inputs = dict[str, object]


def index_verdicts(
    account: Account,
    reading: IndexReading,
    policy: Policy,
    book: BookContext,
    today: date,
    history: Days = NO_DAYS,
    red: bool = False,
) -> tuple[Verdict, ...]:
    """Explain `reading`, which read_index gave for this account, book and history; each carries policy and day."""
    at = reading.day or today
    said = [_profile(account, reading)]
    said += [_component(one, policy) for one in reading.components]
    said += [_score(reading), _coverage(reading, policy)]
    if reading.indicators:
        said.append(_indicators(account, reading, policy, today))
    if reading.score is not None:
        said += [_band(reading, policy), _worth(account, reading, book), _trend(reading, policy, history, at)]
        said += [_heuristics(account, reading, policy, red), _movers(reading, history, at)]
    if reading.drop is not None:
        said.append(_drop(reading, policy, history, at))
    if reading.playbook is not None:
        said.append(_playbook(account, reading, policy, at))
    day = None if reading.day is None else reading.day.isoformat()
    return tuple(Verdict(one.rule, one.verdict, {**one.inputs, "day": day, "policy": policy.version}) for one in said)


def _profile(account: Account, reading: IndexReading) -> Verdict:
    segment = None if account.segment is None else str(account.segment)
    weights: Inputs = {one.name: one.weight for one in reading.components}
    return Verdict("H2", reading.profile, {"segment": segment, "weights": weights})


def _component(one: Component, policy: Policy) -> Verdict:
    """H3: the metrics with their anchors; the component is the mean of the scores that are there."""
    metrics: list[Inputs] = []
    rules = {str(name): rule for name, rule in policy.index.metrics.items()}
    for metric in one.metrics:
        anchors = [list(anchor) for anchor in rules[metric.name].anchors]
        metrics.append({"name": metric.name, "value": metric.value, "score": metric.score, "anchors": anchors})
    verdict = f"{one.name}: no data" if one.score is None else f"{one.name} {one.score:.1f}"
    return Verdict("H3", verdict, {"component": one.name, "score": one.score, "metrics": metrics})


def _score(reading: IndexReading) -> Verdict:
    """H4, H17: 50 plus every contribution is the score; a contribution is weight / coverage x (score - 50)."""
    table: list[Inputs] = [
        {"component": one.name, "weight": one.weight, "score": one.score, "contribution": one.contribution}
        for one in reading.components
    ]
    verdict = "insufficient data" if reading.score is None else f"{reading.score:.1f}"
    return Verdict("H4", verdict, {"score": reading.score, "coverage": reading.coverage, "table": table})


def _coverage(reading: IndexReading, policy: Policy) -> Verdict:
    rules = policy.index.coverage
    verdict = "insufficient data" if reading.score is None else "partial" if reading.partial else "covered"
    missing = [one.name for one in reading.components if one.score is None]
    inputs: Inputs = {"coverage": reading.coverage, "missing": missing}
    return Verdict("H5", verdict, {**inputs, "score_from": rules.score_from, "full_from": rules.full_from})


def _indicators(account: Account, reading: IndexReading, policy: Policy, today: date) -> Verdict:
    """H6: which leading indicators stand, and the two surveys or the ticket behind them."""
    rules, day, signals = policy.index, reading.day, account.signals
    inputs: Inputs = {"indicators": {name: rules.says(name) for name in reading.indicators}}
    if signals is not None:
        until = today if day is None or today > day else day
        nps, csat = trend.last_two_nps(signals, rules, day, until), trend.last_two_csat(signals, rules, day, until)
        tickets = signals.tickets
        inputs["nps"] = None if nps is None else [[one.at.isoformat(), one.score] for one in nps]
        inputs["csat"] = None if csat is None else [[one.at.isoformat(), one.score, one.scale] for one in csat]
        inputs["oldest_open_days"] = None if tickets is None else tickets.oldest_open_days
    inputs |= {"ticket_days": rules.indicators.ticket_days, "fall_points": rules.indicators.fall_points}
    return Verdict("H6", ", ".join(reading.indicators), inputs)


def _band(reading: IndexReading, policy: Policy) -> Verdict:
    bands = policy.index.bands
    inputs: Inputs = {"score": reading.score, "partial": reading.partial, "high_from": bands.high_from}
    inputs |= {"medium_from": bands.medium_from, "low_from": bands.low_from}
    return Verdict("H7", str(reading.risk), inputs)


def _worth(account: Account, reading: IndexReading, book: BookContext) -> Verdict:
    inputs: Inputs = {"mrr": account.mrr, "score": reading.score, "priority": reading.priority}
    inputs |= {"a_mrr": book.a_mrr, "b_mrr": book.b_mrr}
    inputs["book_day"] = None if book.day is None else book.day.isoformat()
    return Verdict("H12", f"tier {reading.value_tier or 'unknown'}", inputs)


def _drop(reading: IndexReading, policy: Policy, history: Days, at: date) -> Verdict:
    assert reading.drop is not None
    fell, since, first = reading.drop.fell, reading.drop.since, reading.drop.first_critical
    rules = policy.index.movement
    words = [] if fell is None or since is None else [f"fell {fell:.1f} points since {since.isoformat()}"]
    words += ["critical for the first time"] if first else []
    inputs: Inputs = {"score": reading.score, "fell": fell, "first_critical": first}
    inputs["points"] = [[day.isoformat(), score] for day, score in trend.before(history, at, rules.drop_days)]
    inputs |= {"drop_points": rules.drop_points, "drop_days": rules.drop_days}
    return Verdict("H13", ", ".join(words), inputs)


def _trend(reading: IndexReading, policy: Policy, history: Days, at: date) -> Verdict:
    rules = policy.index.movement
    points: list[list[object]] = [
        [day.isoformat(), score] for day, score in trend.before(history, at, rules.trend_days)
    ]
    points.append([at.isoformat(), reading.score])
    verdict = "n/a" if reading.slope is None else f"{reading.slope:+.1f} points a week"
    inputs: Inputs = {"slope": reading.slope, "points": points, "least": rules.trend_points, "window": rules.trend_days}
    return Verdict("H14", verdict, inputs)


def _heuristics(account: Account, reading: IndexReading, policy: Policy, red: bool) -> Verdict:
    """H15: labelled for what it is wherever it is shown."""
    rules, case = policy.index.heuristics, account.case
    ready = {True: "ready", False: "not ready", None: "not known"}[reading.upsell]
    inputs: Inputs = {
        "label": rules.label,
        "score": reading.score,
        "renewal": reading.renewal,
        "centre": rules.renewal_centre,
        "scale": rules.renewal_scale,
        "upsell": reading.upsell,
        "slope": reading.slope,
        "seats": seat_share(account),
        "upsell_score": rules.upsell_score,
        "upsell_slope": rules.upsell_slope,
        "upsell_seats": rules.upsell_seats,
        "red": red,
        "open_case": None if case is None or case.closed_at is not None else str(case.kind),
    }
    return Verdict("H15", f"heuristic: renewal {reading.renewal or 0.0:.0%}, upsell {ready}", inputs)


def _playbook(account: Account, reading: IndexReading, policy: Policy, at: date) -> Verdict:
    assert reading.playbook is not None
    book, rules = policy.index.playbook(reading.playbook), policy.index.playbooks
    support = next((one.score for one in reading.components if one.name == "support"), None)
    due = account.renewal_at
    inputs: Inputs = {"when": book.when, "steps": list(book.steps), "risk": reading.risk, "support": support}
    inputs |= {"support_below": rules.support_below, "renewal_days": rules.renewal_days, "upsell": reading.upsell}
    inputs["renewal_at"] = None if due is None else iso(due)
    return Verdict("H16", book.title, inputs)


def _movers(reading: IndexReading, history: Days, at: date) -> Verdict:
    """H17: contributions now and at the last scored snapshot; over all components the moves sum to the score's."""
    last = trend.last_scored(history, at)
    inputs: Inputs = {"now": trend.contributions(reading.components), "since": None, "then": None}
    if last is not None:
        inputs |= {"since": last.day.isoformat(), "then": last.contributions, "score_then": last.score}
    verdict = ", ".join(f"{one.name} {one.by:+.1f}" for one in reading.movers) or "nothing moved"
    return Verdict("H17", verdict if last is not None else "no snapshot before", inputs)
