"""The JSON of `triage portfolio` (docs/portfolio.md): a public promise. Keys as there, always present."""

from typing import Any

from data.health_monitor import Effectiveness
from data.ports_portfolio import Behind, BookReport, Holdings, OutreachEffect, RedBook
from data.red_account import Cohort, Kpi


def shape(report: BookReport) -> dict[str, Any]:
    """The one object."""
    scored = report.scored
    return {
        "at": report.at,
        "synced_at": report.synced_at,
        "policy": report.policy,
        "book_day": report.book.day,
        "book": _part(report.whole),
        "index": {
            "mean": scored.mean,
            "weighted_mean": scored.weighted_mean,
            "scored": _list(scored.scored),
            "unscored": _list(scored.unscored),
            "high_or_critical": {"share": scored.at_risk_share, **_part(scored.at_risk)},
        },
        "distribution": [{"class": band.risk, **_part(band.part)} for band in report.bands],
        "industries": [
            {
                "name": one.industry.name,
                "mean": one.industry.mean,
                "scored": one.industry.scored,
                "few": one.industry.dimmed,
                **_list(one.behind),
                "high_or_critical": {"share": one.industry.at_risk_share, **_list(one.at_risk)},
            }
            for one in report.industries
        ],
        "value_tiers": {
            "a_from": report.book.a_mrr,
            "b_from": report.book.b_mrr,
            "grid": [{"tier": one.tier, "class": one.risk, **_part(one.part)} for one in report.grid],
        },
        "priorities": [
            {
                "id": one.id,
                "name": one.name,
                "score": one.score,
                "mrr": one.mrr,
                "currency": one.currency,
                "priority": one.stake,
                "tier": one.tier,
            }
            for one in report.urgent
        ],
        "red": _red(report.red),
        "outreach": _outreach(report.outreach),
        "fleet": None if report.fleet is None else {"day": report.fleet.day, **_list(report.fleet.fell)},
    }


def _list(behind: Behind) -> dict[str, Any]:
    """How many, and by which view and filter they are found."""
    return {"accounts": behind.accounts, "view": VIEWS[behind.view], "filter": behind.text}


VIEWS = {"9": "book", "7": "red", "6": "drift"}


def _part(part: Holdings) -> dict[str, Any]:
    return {**_list(part.behind), "mrr": part.money, "unknown_mrr": part.no_mrr}


def _red(red: RedBook) -> dict[str, Any]:
    return {
        "since": red.since,
        "share": _kpi(red.kpis.share),
        "now": _list(red.now),
        "sla_late": {**_list(red.late), "oldest_due_at": red.oldest_due_at},
        "unanswered": _list(red.unanswered),
        "removed": red.removed,
        "matured": _cohort(red.kpis.matured, red.matured),
        "maturing": _cohort(red.kpis.maturing, red.maturing),
    }


def _cohort(cohort: Cohort, behind: Behind) -> dict[str, Any]:
    return {
        "episodes": cohort.size,
        **_list(behind),
        "recovered": _kpi(cohort.recovery),
        "response_hours": _kpi(cohort.response_hours),
        "revenue": {currency: _kpi(one) for currency, one in cohort.revenue.items()},
        "churned": _kpi(cohort.churn),
    }


def _kpi(one: Kpi) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "value": one.value,
        "goal": {"from": one.low, "to": one.high},
        "met": one.met,
        "n": one.n,
        "pending": one.pending,
    }


def _outreach(found: OutreachEffect) -> dict[str, Any]:
    return {
        "contacted": {**_effect(found.contacted), **_list(found.behind_contacted)},
        "not_contacted": {**_effect(found.alone), **_list(found.behind_alone)},
        "answered": found.answered,
        "answered_within_days": found.days,
    }


def _effect(one: Effectiveness) -> dict[str, Any]:
    return {
        "alerts": one.count,
        "change": one.mean_change,
        "measured": one.changes,
        "recovered": one.recovered,
        "matured": one.matured,
    }
