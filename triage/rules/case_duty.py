"""What a machine writes about a case by itself, what it only offers, and under which key (R10, H13, R14, R19b)."""

from datetime import datetime

from data.account import Account
from data.assessment import Row
from data.health_book import BookContext, Past
from data.red_account import Episode
from data.remedy import Order
from triage.policy import Policy
from triage.rules import case_steps as steps
from triage.rules.index_trend import last_scored
from triage.rules.monitor_route import fleet_event
from triage.rules.red_episode import own_case
from triage.rules.red_work import first_day, key

RED, RECOVERY = "red", "recovery"
OPEN_RED, OPEN_RECOVERY, UPGRADE = "open_red", "open_recovery", "upgrade_to_red"
OPENING = (OPEN_RED, OPEN_RECOVERY, UPGRADE)
FOUND = "It was so when this book was first fetched: a person decides."
CLOSED_BY_A_PERSON = "A person closed its case while it was Red: a person opens it again."
FLEET = "A fleet event is suspected (M13): nothing is opened by itself."
LEFT, BETTER = "left_red", "recovered"


def order(row: Row, account: Account, past: Past, policy: Policy) -> Order | None:
    """The record that brings the case in line, with the key that every machine gives it; None: there is none.

    `red:ACC:EPISODE` opens or upgrades the case of an episode; what may come again in one carries its day.
    """
    step, episode, case = _step(row), past.episode, account.case
    if step == OPEN_RECOVERY:
        day = (row.day or row.assessed_at.date()).isoformat()
        return Order(
            "open_case", row.id, params={"kind": RECOVERY, "causes": []}, dedupe_key=f"recovery:{row.id}:{day}"
        )
    if episode is None or step is None:
        return None
    if step in OPENING:
        causes = list(row.red.causes) if row.red else []
        params: dict[str, object] = {"kind": RED, "causes": causes}
        return Order("open_case", row.id, params=params, dedupe_key=key(row.id, episode.opened))
    if case is None:
        return None
    name, params = _update(step, episode, policy)
    return Order(
        "update_case",
        row.id,
        params={"case_id": case.id, **params},
        dedupe_key=key(row.id, first_day(account, episode), name),
    )


def why_held(row: Row, account: Account, past: Past, book: BookContext, policy: Policy, since: datetime | None) -> str:
    """Why no machine writes it by itself, in a sentence; empty where it does. `since` is when watching began."""
    step, episode = _step(row), past.episode
    if step is None:
        return ""
    if not _witnessed(row, step, past, since):
        return FOUND
    if step == steps.REOPEN and not _entered_again(account, episode):
        return CLOSED_BY_A_PERSON
    return FLEET if step in OPENING and _fleet(row, episode, book, policy) else ""


def designation(account: Account, step: str) -> Order | None:
    """R10: one of the four records of the open Red case; None where there is no such case."""
    case = account.case
    if case is None or case.kind != RED or case.closed_at is not None or case.designated_at is None:
        return None
    name = key(account.id, case.designated_at.date(), step)
    return Order("update_case", account.id, params={"case_id": case.id, "step": step}, dedupe_key=name)


def moot(order: Order, account: Account) -> bool:
    """True when what a refused machine's record wanted has come about, or its case is no longer the account's."""
    case, params = account.case, order.params
    if order.kind == "open_case":
        return case is not None and case.closed_at is None and (case.kind == RED or params.get("kind") == RECOVERY)
    if case is None or case.id != params.get("case_id"):
        return True
    closed = params.get("closed")
    return closed is not None and closed == (case.closed_at is not None)


def _step(row: Row) -> str | None:
    return None if row.red is None else row.red.step


def _update(step: str, episode: Episode, policy: Policy) -> tuple[str, dict[str, object]]:
    """The end of the key, and what is recorded."""
    if step == steps.LOST:
        return "lost", {"closed": True, "outcome": policy.red.episode.churn_outcome}
    if step == steps.REOPEN:
        return f"reopen:{episode.reopened_on or episode.opened}", {"closed": False}
    if step == steps.RECOVERED:
        return f"recovered:{episode.recovered}", {"step": "recovered"}
    outcome = LEFT if episode.recovered is None else BETTER
    return f"closed:{episode.left}", {"closed": True, "outcome": outcome}


def _witnessed(row: Row, step: str, past: Past, since: datetime | None) -> bool:
    """True where this home saw it happen, and did not find it so when it first looked."""
    episode = past.episode
    if since is None:
        return False
    if step == OPEN_RECOVERY:
        day = row.day or row.assessed_at.date()
        return last_scored(past.days, day) is not None
    if episode is None:
        return False
    if step in OPENING:
        return episode.opened_at > since
    at = {
        steps.LOST: episode.churned,
        steps.REOPEN: episode.reopened_on or episode.opened,
        steps.RECOVERED: episode.recovered,
    }.get(step, episode.left)
    return at is not None and at >= since.date()


def _entered_again(account: Account, episode: Episode | None) -> bool:
    case = None if episode is None else own_case(account, episode)
    if episode is None or case is None or case.closed_at is None or episode.reopened_on is None:
        return False
    return episode.reopened_on >= case.closed_at.date()


def _fleet(row: Row, episode: Episode | None, book: BookContext, policy: Policy) -> bool:
    """M13: on a suspected fleet event, and for what began on the day of one."""
    if book.day is not None and fleet_event(book.crossed, book.watched, policy.monitor):
        return True
    began = {None if row.monitor is None else row.monitor.opened, None if episode is None else episode.opened}
    return bool(began & set(book.fleet_days))
