"""The verdicts behind a Red reading: every rule with its inputs, so that a person can replay the arithmetic."""

from datetime import datetime

from data.account import Account
from data.assessment import Verdict
from data.red_account import Dimension, Episode, RedReading
from triage.policy import Policy
from triage.rules import red_causes, red_work
from triage.rules.days import iso
from triage.rules.red_dimensions import ADOPTION, PRODUCT, tenure
from triage.rules.red_episode import is_open

RULES = {"usage": "R4", "relationship": "R5", "support": "R6", "financial": "R7", ADOPTION: "R9", PRODUCT: "R9"}
Inputs = dict[str, object]


def red_verdicts(account: Account, reading: RedReading, policy: Policy, now: datetime) -> tuple[Verdict, ...]:
    """Explain `reading`, that of `account` at `now`; every input carries assessment day and policy version."""
    said = [_composite(reading), _threshold(reading), _segment(account, reading)]
    said += [_dimension(one, reading) for one in reading.dimensions]
    said.append(Verdict("R3", ", ".join(reading.causes) or "no cause", {"causes": list(reading.causes)}))
    said += _shown(account)
    if reading.episode is not None:
        said += _episode(account, reading, reading.episode, policy, now)
    day = None if reading.day is None else reading.day.isoformat()
    both: Inputs = {"day": day, "policy": policy.version}
    return tuple(Verdict(one.rule, one.verdict, {**one.inputs, **both}) for one in said)


def _composite(reading: RedReading) -> Verdict:
    parts = {one.name: {"weight": one.weight, "score": one.score} for one in reading.dimensions if one.weight}
    inputs: Inputs = {"dimensions": parts, "coverage": reading.coverage, "composite": reading.composite}
    verdict = "insufficient data" if reading.composite is None else f"composite {reading.composite:.1f}"
    return Verdict("R1", verdict, inputs)


def _threshold(reading: RedReading) -> Verdict:
    below = "unknown" if reading.composite is None else "below" if "composite" in reading.causes else "not below"
    return Verdict("R2", below, {"composite": reading.composite, "threshold": reading.threshold})


def _segment(account: Account, reading: RedReading) -> Verdict:
    inputs: Inputs = {
        "mrr": account.mrr,
        "arr": None if account.mrr is None else 12 * account.mrr,
        "segment": None if account.segment is None else str(account.segment),
        "threshold": reading.threshold,
        "tenure_days": None if reading.day is None else tenure(account, reading.day),
    }
    return Verdict("R9", reading.segment, inputs)


def _dimension(one: Dimension, reading: RedReading) -> Verdict:
    lines = [
        {"line": line.name, "value": line.value, "limit": line.limit, "red": line.red, "lapsed": line.lapsed}
        for line in one.lines
    ]
    inputs: Inputs = {"dimension": one.name, "score": one.score, "weight": one.weight, "lines": lines}
    if one.name == "usage":
        facts = reading.usage
        inputs |= {"usage": facts.usage, "baseline": facts.baseline, "usage_60d": facts.usage_60d, "days": facts.days}
        inputs["frozen_reference"] = None if reading.episode is None else reading.episode.reference
    verdict = "unknown" if one.red is None else "red" if one.red else "not red"
    return Verdict(RULES[one.name], verdict, inputs)


def _shown(account: Account) -> list[Verdict]:
    """R1's further metrics, shown where the source has them; the shipped policy weighs none of them."""
    signals = account.signals
    if signals is None:
        return []
    tickets, meetings, people = signals.tickets, signals.meetings, signals.stakeholders
    told: Inputs = {
        "dau_mau": signals.dau_mau,
        "session_minutes": signals.session_minutes,
        "meetings_invited": None if meetings is None else meetings.invited,
        "meetings_accepted": None if meetings is None else meetings.accepted,
        "stakeholders_known": None if people is None else people.known,
        "stakeholders_engaged": None if people is None else people.engaged,
        "resolution_hours_90d": None if tickets is None else tickets.resolution_hours_90d,
        "urgent_tickets": None if tickets is None else tickets.urgent,
        "competitor_evaluation": signals.competitor_evaluation,
        "permission_downgrades_30d": signals.permission_downgrades_30d,
    }
    told = {name: value for name, value in told.items() if value is not None}
    return [Verdict("R1", "shown, not weighed", told)] if told else []


def _episode(account: Account, reading: RedReading, episode: Episode, policy: Policy, now: datetime) -> list[Verdict]:
    dates = _dates(episode) | {"event": reading.event, "dwell_days": policy.red.episode.dwell_days}
    said = [Verdict("R14", _state(episode), dates)]
    if episode.churned is not None:
        said.append(Verdict("R19b", "churned while Red", {"churned": episode.churned.isoformat()}))
    if not is_open(episode):
        return said
    start = red_work.begin(account, episode)
    keys = [task.key for task in reading.tasks]
    said.append(Verdict("R10", "designated", {"keys": keys[: len(policy.red.designation)]}))
    late = [clock.name for clock in reading.clocks if clock.late]
    due: Inputs = {
        clock.name: {"due_at": iso(clock.due_at), "done_at": None if clock.done_at is None else iso(clock.done_at)}
        for clock in reading.clocks
    }
    verdict = f"late: {', '.join(late)}" if late else "in time"
    missed: Inputs = {name: iso(clock.due_at) for name, clock in red_work.breaches(account, reading)}
    said.append(Verdict("R11", verdict, {**due, "breaches": missed, "designated_at": iso(start), "now": iso(now)}))
    said.append(Verdict("R12", "cadence", {"keys": keys[len(policy.red.designation) :]}))
    roots = red_causes.suggested(account, reading, policy)
    chosen = None if account.case is None or account.case.root_cause is None else str(account.case.root_cause)
    inputs: Inputs = {"suggested": list(roots), "chosen": chosen, "playbooks": _books(roots, chosen, policy)}
    said.append(Verdict("R13", chosen or "not chosen", inputs))
    told: Inputs = {"designated_at": iso(start), "banner_days": policy.red.episode.banner_days, "now": iso(now)}
    said.append(Verdict("R20", "delayed" if reading.delayed else "no banner", told))
    return said


def _books(roots: tuple[str, ...], chosen: str | None, policy: Policy) -> Inputs:
    """R13: the playbooks of these root causes in words: name, and how many weeks they take."""
    found: Inputs = {}
    for root in dict.fromkeys((*roots, *([chosen] if chosen else []))):
        book = red_causes.playbook(root, policy)
        if book is not None:
            found[root] = f"{book.name}, {book.weeks_from}-{book.weeks_to} weeks"
    return found


def _state(episode: Episode) -> str:
    if episode.churned is not None:
        return "churned"
    if episode.recovered is not None:
        return "recovered"
    if episode.left is not None:
        return "left Red"
    return "leaving Red" if episode.better_since is not None else "Red"


def _dates(episode: Episode) -> Inputs:
    days = {"opened": episode.opened, "better_since": episode.better_since, "well_since": episode.well_since}
    days |= {"left": episode.left, "recovered": episode.recovered, "reopened_on": episode.reopened_on}
    told: Inputs = {name: None if at is None else at.isoformat() for name, at in days.items()}
    return told | {"baseline": episode.baseline, "reopened": episode.reopened, "standing": list(episode.standing)}
