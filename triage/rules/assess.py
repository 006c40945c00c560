"""All rules over one account: the row that is stored and drawn, and the verdicts behind it."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from data.account import Account, Claim, Snooze
from data.assessment import Category, Logins, Row, Subject, Touch, Verdict
from data.health_book import Past
from triage.policy import Policy
from triage.rules import at_risk, plays
from triage.rules.days import assessment_day
from triage.rules.health import Lines, Rulebook, lines, read_briefly, remember, turns_at
from triage.rules.sentences import detail
from triage.rules.verdicts import verdicts


def assess(
    account: Account, touches: Sequence[Touch], policy: Policy, now: datetime, complete_through: date | None
) -> Row:
    """Judge one account by A1–A17. `touches` are its audit entries; `now` and `complete_through` as in P0."""
    readings = at_risk.read_workspaces(account, policy, now, complete_through)
    dropped = at_risk.downgrade(account, policy, now)
    reasons = at_risk.reasons(readings, dropped)
    category = reasons[0] if reasons else None
    signals = at_risk.signals(account, category, dropped)
    since = at_risk.since(category, readings, account)
    logins = plays.read_logins(account, policy, now, complete_through)
    contact = plays.pick_contact(account)
    turns = at_risk.category_turns_at(account, readings, dropped, policy, now)
    return Row(
        id=account.id,
        name=account.name,
        suspicious=account.name.suspicious,
        org_name=account.org_name,
        industry=account.industry,
        tier=account.tier,
        mrr=account.mrr,
        currency=account.currency,
        renewal_at=account.renewal_at,
        downgraded_at=account.downgraded_at,
        downgraded_from=account.downgraded_from,
        downgrade_cause=account.downgrade_cause,
        owner=account.csm,
        contact=contact,
        claim=account.claim if runs(account.claim, now) else None,
        snooze=account.snooze if runs(account.snooze, now) else None,
        snoozed=plays.snoozed(account, category, now),
        category=category,
        reasons=reasons,
        signals=signals,
        detail=detail(account, readings, reasons, signals),
        since=since,
        workspaces=readings,
        logins=logins,
        reading=plays.reading(category, logins, policy),
        suggested=plays.suggestions(account, category, logins, contact, policy, now),
        handled=plays.handled(touches, plays.begin(category, since, readings, account)) if touches else None,
        version=account.version,
        seq=account.seq,
        updated_at=account.updated_at,
        day=assessment_day(account, complete_through),
        policy=policy.version,
        assessed_at=now,
        good_until=_good_until(account, category, logins, turns, policy, now),
        case_owner=account.case.owner if account.case is not None and account.case.closed_at is None else None,
    )


def runs(held: Claim | Snooze | None, now: datetime) -> bool:
    """True while a claim or a snooze has not run out."""
    return held is not None and held.until > now


def judge(
    account: Account,
    touches: Sequence[Touch],
    past: Past | None,
    rules: Rulebook,
    now: datetime,
    complete_through: date | None,
) -> tuple[Row, Past]:
    """All rules over one account: the row with A, M, D, H and R, and the past to keep for the next look."""
    return judge_all([(account, touches, past)], rules, now, complete_through)[0]


def judge_all(
    subjects: Sequence[Subject], rules: Rulebook, now: datetime, complete_through: date | None
) -> list[tuple[Row, Past]]:
    """The same over some dozens of accounts, which costs less a piece (`read_briefly`)."""
    rows = [assess(account, touches, rules.policy, now, complete_through) for account, touches, _ in subjects]
    found = read_briefly(subjects, rows, rules, now, complete_through)
    told = list(zip((account for account, _, _ in subjects), found, strict=True))
    kept = [lines(account, health, rules.policy, now) for account, health in told]
    turns = [turns_at(account, health, rules, now) for account, health in told]
    whole = [_whole(*one) for one in zip(rows, kept, turns, strict=True)]
    return list(zip(whole, [remember(account, health, now) for account, health in told], strict=True))


def _whole(row: Row, kept: Lines, turn: datetime | None) -> Row:
    monitor, health, tree, red = kept
    until = row.good_until
    until = turn if until is None or (turn is not None and turn < until) else until
    return msgspec.structs.replace(row, monitor=monitor, health=health, tree=tree, red=red, good_until=until)


def explain(
    account: Account, touches: Sequence[Touch], policy: Policy, now: datetime, complete_through: date | None
) -> tuple[Verdict, ...]:
    """Every rule that has something to say, with the inputs by which its arithmetic can be replayed."""
    row = assess(account, touches, policy, now, complete_through)
    return verdicts(account, row, touches, policy, now, complete_through)


def _good_until(
    account: Account,
    category: Category | None,
    logins: Logins,
    turns: datetime | None,
    policy: Policy,
    now: datetime,
) -> datetime | None:
    """The earliest instant at which a verdict or a shown class may change without new data; None: never.

    Every candidate lies after `now`: a rule that still holds gives the first microsecond at which it no longer does.
    """
    until = plays.logins_turn_at(logins, policy)
    if turns is not None and (until is None or turns < until):
        until = turns
    for held in (account.snooze, account.claim):
        if held is not None and held.until > now and (until is None or held.until < until):
            until = held.until
    trial_ends = account.tier_expires_at  # a running trial withholds a suggestion
    if category is not None and trial_ends is not None and trial_ends > now and (until is None or trial_ends < until):
        until = trial_ends
    return until
