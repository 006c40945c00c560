"""D16: the tasks that follow from a recorded outcome of the decision tree, derived from its time alone."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from data.account import Entry
from data.red_account import Task
from triage.policy import Policy
from triage.rules.days import SECONDS_A_DAY, TOLERANCE

ASSESSMENT, TALK, MEETING = "record_assessment", "log_contact", "meeting"


def cadence_tasks(account_id: str, entries: Sequence[Entry], policy: Policy, now: datetime) -> tuple[Task, ...]:
    """What the last recorded assessment among `entries` (newest first) asks for; of a rhythm the next one.

    A task of once is due by its hours, at once where it has none, and done by a meeting logged since.
    """
    last = next((one for one in entries if one.action == ASSESSMENT), None)
    if last is None:
        return ()
    start, rules = last.applied_at, policy.tree
    met = any(_meeting(one) and one.applied_at >= start for one in entries)
    tasks = []
    for name in rules.cadence.get(str((last.after or {}).get("leaf")), ()):
        task = rules.tasks[name]
        if task.every_days is not None:
            number = _next(start, now, task.every_days)
            due_at, done = start + timedelta(days=number * task.every_days), False
        else:
            number, due_at, done = 0, start + timedelta(hours=task.within_hours or 0.0), met
        key = f"tree:{account_id}:{start.date().isoformat()}:{name}:{number}"
        tasks.append(Task(key, task.text, "csm", due_at, done))
    return tuple(tasks)


def _next(start: datetime, now: datetime, every: float) -> int:
    """The number of the first turn that is due today or later; a missed one yields to its successor."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = max((midnight - start).total_seconds() / SECONDS_A_DAY, 0.0)
    return max(math.ceil((passed - TOLERANCE) / every), 1)


def _meeting(entry: Entry) -> bool:
    return entry.action == TALK and (entry.after or {}).get("channel") == MEETING
