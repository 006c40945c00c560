"""The tree explained, rule by rule, so that a person can replay it (D5-D17), and when to assess again (D15)."""

from datetime import date, datetime

from data.account import Account
from data.assessment import Verdict
from data.health_tree import UNDETERMINED, Answer, Tree, TreeReading
from triage.policy import Policy
from triage.rules.days import TOLERANCE, days_between, iso
from triage.rules.tree import PERSON, leaf_order, outcome_words, severity_rank
from triage.rules.tree_answers import Evidence, evidence
from triage.rules.tree_signals import SENTIMENT, SUPPORT, latest_nps, overloaded, today

LOW_NPS, SUPPORT_SPIKE = "low_nps", "support_spike"
MISSED_CHECK_IN, REGULAR_REVIEW = "missed_check_in", "regular_review"


def tree_verdicts(
    account: Account, reading: TreeReading, tree: Tree, policy: Policy, now: datetime, complete_through: date | None
) -> tuple[Verdict, ...]:
    """Explain `reading`: the answers by their rules, then path, outcome, flags and tasks; each with the policy."""
    found = evidence(account, policy, now, complete_through)
    said = [_answer(one.question, one.answer, one.source, one.why, found) for one in reading.answers]
    said += _outcome(reading, tree, policy)
    return tuple(Verdict(one.rule, one.verdict, {**one.inputs, "policy": policy.version}) for one in said)


def reassess_triggers(
    account: Account,
    last: TreeReading | None,
    assessed_at: datetime | None,
    policy: Policy,
    now: datetime,
    complete_through: date | None,
) -> tuple[str, ...]:
    """D15: why to assess again: a low NPS or a support spike that the last assessment did not know, a missed check-in,
    the regular review (every 91 days; due where nobody ever assessed).
    """
    known = {} if last is None else {one.question: one.answer for one in last.answers}
    found: list[str] = []
    nps = latest_nps(account, policy, today(account, now, complete_through))
    if nps is not None and nps.score <= policy.tree.detractor_max:
        day = None if assessed_at is None else assessed_at.date()
        if day is None or nps.at > day or (nps.at == day and known.get(SENTIMENT) is not Answer.NO):
            found.append(LOW_NPS)
    if overloaded(account, policy) and known.get(SUPPORT) is not Answer.YES:
        found.append(SUPPORT_SPIKE)
    outreach = None if account.signals is None else account.signals.outreach
    if outreach is not None and outreach.missed_check_in:
        found.append(MISSED_CHECK_IN)
    if assessed_at is None or days_between(assessed_at, now) > policy.tree.review_days + TOLERANCE:
        found.append(REGULAR_REVIEW)
    return tuple(found)


def _answer(question: str, answer: Answer, source: str, why: str, found: dict[str, Evidence]) -> Verdict:
    """One question by the rule that answered it; where a person did, what the signals would have said stands beside."""
    known = found.get(question)
    inputs: dict[str, object] = {"question": question, "source": source, "why": why}
    if known is None:
        return Verdict("D14" if source != PERSON else "D17", f"{question} {answer}", inputs)
    if source == PERSON:
        inputs |= {"signals_say": known.answer.value, "signals_why": known.why}
    told = {name: iso(value) if isinstance(value, datetime) else value for name, value in known.inputs.items()}
    return Verdict(known.rule, f"{question} {answer}", inputs | told)


def _outcome(reading: TreeReading, tree: Tree, policy: Policy) -> list[Verdict]:
    said = {one.question: one.answer.value for one in reading.answers}
    stored: dict[str, object] = {
        "tree_version": reading.tree_version,
        "tree_hash": reading.tree_hash,
        "path": list(reading.path),
        "answers": said,
        "sources": {one.question: one.source for one in reading.answers},
        "skipped": list(reading.skipped),
    }
    found = [Verdict("D17", " > ".join((*reading.path, reading.leaf)), stored)]
    if reading.leaf == UNDETERMINED:
        rank = severity_rank(reading, tree, policy.tree)
        order = list(leaf_order(tree, policy.tree))
        bounds: dict[str, object] = {"best": reading.best, "worst": reading.worst, "order": order, "rank": rank}
        found.append(Verdict("D14", outcome_words(reading), {**bounds, "next_question": reading.next_question}))
    else:
        claims: dict[str, object] = {"despite": list(reading.despite), "skipped": list(reading.skipped)}
        found.append(Verdict("D10", outcome_words(reading), {"code": reading.code, "color": reading.color, **claims}))
    if policy.tree.unsurveyed_task in reading.tasks:
        floor = policy.tree.unsurveyed_leaf
        found.append(Verdict("D13", f"no better than {floor}", {"question": SENTIMENT, "followed": "yes"}))
    if reading.flags:
        sentences: dict[str, object] = {flag: policy.tree.flags.get(flag, flag) for flag in reading.flags}
        found.append(Verdict("D11", ", ".join(reading.flags), sentences))
    if reading.tasks:
        known = policy.tree.tasks  # a stored reading may name a task of an older policy
        listed: dict[str, object] = {task: known[task].text if task in known else task for task in reading.tasks}
        found.append(Verdict("D16", ", ".join(reading.tasks), {"leaf": reading.leaf, "tasks": listed}))
    return found
