"""Accounts for the red-account rules: signals by name, usage facts, a case, and a run over simulated days."""

from datetime import UTC, date, datetime, timedelta

from data.red_account import UsageFacts
from triage.rules.red import read_red

DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 9, 41, tzinfo=UTC)
FINE = UsageFacts(80.0, 80.0, 80.0, 104)
NO_USAGE = UsageFacts(None, None, None, 0)
STEPS = ("designated", "assessed", "root_cause", "planned", "reviewed", "intervened", "recovered", "closed")


def facts(usage=80.0, baseline=80.0, before=80.0, days=104):
    return UsageFacts(usage, baseline, before, days)


def signals(kit, *, day=DAY, rate=None, left=None, csat=None, escalated=None, late=None, notice=None, **fields):
    """Signals where only what is named is known; `rate` (responses, attempts), `left` True or False, `csat` of 10."""
    tree = {"as_of": day, "adoption_pct": None, "contraction_notice": notice}
    if rate is not None:
        tree["outreach"] = {"responses_90d": rate[0], "attempts_90d": rate[1], "missed_check_in": None}
    if left is not None:
        tree["champion"] = {"name": "Noor", "left_at": day if left else None}
    if csat is not None:
        tree["csat"] = [{"score": csat, "scale": 10, "at": day}]
    if escalated is not None:
        tree["tickets"] = {
            "open": escalated,
            "urgent": 0,
            "oldest_open_days": 1.0,
            "escalated": escalated,
            "resolution_hours_90d": None,
        }
    if late is not None:
        tree["payment"] = {"days_late": late}
    return kit.signals(**{**tree, **fields})


def healthy(kit, **fields):
    """Signals that are all known and good."""
    return signals(
        kit, **{"rate": (9, 10), "left": False, "csat": 9.0, "escalated": 0, "late": 0, "notice": False, **fields}
    )


def case(**stamps):
    """A red case of the server; stamps by step."""
    kind, opened = stamps.pop("kind", "red"), stamps.pop("opened", NOW)
    told = {f"{step}_at": stamps.pop(step, None) for step in STEPS}
    rest = {"owner": None, "root_cause": None, "outcome": None, "causes": [], **stamps}
    return {"id": "case_1", "kind": kind, "opened_at": opened, **told, **rest}


def read(kit, usage=FINE, episode=None, *, day=DAY, now=None, policy=None, **fields):
    """The reading of one account on `day`, read on the morning after."""
    moment = now or datetime(day.year, day.month, day.day, 9, 41, tzinfo=UTC) + timedelta(days=1)
    high = fields.pop("high_value", False)
    account = kit.account(**{"mrr": 100_000, "created_at": "2025-01-01T00:00:00Z", **fields})
    return read_red(account, usage, policy or kit.policy, moment, day, episode, high_value=high)


def run(kit, plan, *, start=DAY, episode=None, **always):
    """Read one account day after day; `plan` gives for day i the usage facts and the fields of the account."""
    found = []
    for number, step in enumerate(plan):
        usage, fields = step
        day = start + timedelta(days=number)
        if "signals" not in fields and "signals" not in always:
            fields = {**fields, "signals": healthy(kit, day=day)}
        reading = read(kit, usage, episode, day=day, **{**always, **fields})
        episode = reading.episode
        found.append(reading)
    return found
