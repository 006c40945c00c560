"""The seeded book holds every situation the rules know, in a real book's shares: an independent reading of A2–A6."""

import datetime as dt
import re
from collections import Counter
from functools import lru_cache
from typing import Any

import pytest

from triage.sandbox import book

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
EPS = 1e-9
ENTRY_KEYS = {"action", "actor", "workspace_id", "before", "after", "reason", "applied_at", "params"}


@lru_cache(maxsize=4)
def seeded(count: int, seed: int = 7, today: dt.date = TODAY) -> list[book.SeedAccount]:
    return list(book.generate(count, seed, today))


def accounts(count: int = 1000) -> list[dict[str, Any]]:
    return [s.account for s in seeded(count)]


def when(stamp: str) -> dt.datetime:
    return dt.datetime.fromisoformat(stamp)


def full(w: dict[str, Any]) -> bool:
    return (
        w["hours_included"] is not None and w["hours_used"] is not None and w["hours_used"] >= w["hours_included"] - EPS
    )


def projected(w: dict[str, Any]) -> float | None:
    """A4: days to the cap by the mean of the last seven known days, None when it does not fire by itself."""
    known = [h for h in w["hours_daily"] if h is not None][-7:]
    if w["hours_used"] is None or w["hours_included"] is None or len(known) < 3 or sum(known) <= 0:
        return None
    return float((w["hours_included"] - w["hours_used"]) / (sum(known) / len(known)))


def near(w: dict[str, Any], now: dt.datetime) -> str | None:
    """A4: "ratio", "projection" or None."""
    if w["hours_used"] is None or w["hours_included"] is None:
        return None
    if w["hours_used"] / w["hours_included"] >= 0.80 - EPS:
        return "ratio"
    days = projected(w)
    return "projection" if days is not None and days <= 7 + EPS and now + days * DAY < when(w["cycle_end"]) else None


def workspace_category(account: dict[str, Any], w: dict[str, Any], now: dt.datetime) -> str | None:
    if w["hard_block"] or full(w):
        return "pilot_hard_block" if account["tier"] == "pilot" else "at_cap"
    return "approaching_cap" if near(w, now) else None


def downgraded(account: dict[str, Any], now: dt.datetime) -> bool:
    at = account["downgraded_at"]
    return at is not None and dt.timedelta(0) <= now - when(at) <= 14 * DAY


def reasons(account: dict[str, Any], now: dt.datetime = NOON) -> list[str]:
    found = {workspace_category(account, w, now) for w in account["workspaces"]}
    if downgraded(account, now):
        found.add("recently_downgraded")
    ranks = ("pilot_hard_block", "at_cap", "approaching_cap", "recently_downgraded")
    return [r for r in ranks if r in found]


def category(account: dict[str, Any], now: dt.datetime = NOON) -> str | None:
    return next(iter(reasons(account, now)), None)


@pytest.mark.parametrize("count", [300, 1000, 10_000])
def test_A1_shares_are_those_of_a_real_book(count: int) -> None:
    shares = Counter(category(s.account) for s in book.generate(count, 11, TODAY))
    for name, share in (("pilot_hard_block", 2), ("at_cap", 6), ("approaching_cap", 10), ("recently_downgraded", 2)):
        assert abs(shares[name] - count * share / 100) <= max(1, count * 0.002), (name, shares)


@pytest.mark.parametrize("day", [dt.date(2026, 3, 1), dt.date(2028, 2, 29), dt.date(2026, 8, 31), dt.date(2027, 1, 1)])
def test_A1_shares_hold_on_awkward_days_and_until_the_day_ends(day: dt.date) -> None:
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    for now in (midnight + dt.timedelta(minutes=10), midnight + dt.timedelta(hours=23, minutes=55)):
        shares = Counter(category(s.account, now) for s in book.generate(300, 5, day))
        wanted = {"pilot_hard_block": 6, "at_cap": 18, "approaching_cap": 30, "recently_downgraded": 6}
        assert all(abs(shares[k] - n) <= 1 for k, n in wanted.items()), (day, now, shares)


def test_A13_A16_earlier_entries_are_recent_and_explain_what_is_seen() -> None:
    book_ = seeded(1000)
    kinds = Counter(e["action"] for s in book_ for e in s.entries)
    assert {"reset_usage", "grant_trial", "apply_discount", "change_tier", "log_contact", "log_outreach"} <= set(kinds)
    resets = handled = 0
    for s in book_:
        cat = category(s.account)
        for e in s.entries:
            assert set(e) == ENTRY_KEYS and 10 <= len(e["reason"].strip()) <= 500
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", e["applied_at"])
            assert dt.timedelta(0) < NOON - when(e["applied_at"]) < 61 * DAY
            if e["action"] == "reset_usage":
                resets += cat is not None
                w = next(w for w in s.account["workspaces"] if w["id"] == e["workspace_id"])
                assert w["usage_reset_at"][:19] == e["applied_at"][:19] and NOON - when(e["applied_at"]) < 30 * DAY
            since = [w["cap_reached_at"] for w in s.account["workspaces"] if w["cap_reached_at"]]
            handled += e["action"] == "log_contact" and bool(since) and e["applied_at"] > min(since)
        assert s.entries == sorted(s.entries, key=lambda e: e["applied_at"])
    assert resets >= 10 and handled >= 4


def login_class(a: dict[str, Any]) -> str:
    logins = a["admin_logins"]
    if logins is None:
        return "unknown"
    days = None if logins["last_at"] is None else (NOON - when(logins["last_at"])) / DAY
    if days is None or days > 14:
        return "none recent"
    return "frequent" if days <= 7 and logins["count_30d"] >= 8 else "some"


def drop(a: dict[str, Any]) -> float:
    """M7: active users of the last 14 days against the 90 before, 0 where unknown."""
    daily = a["signals"]["active_users_daily"]
    before, last = daily[-104:-14], daily[-14:]
    if None in before or None in last or not sum(before):
        return 0.0
    return float((sum(last) / 14) / (sum(before) / 90))


def any_space(test: Any) -> Any:
    return lambda a: any(test(a, w) for w in a["workspaces"])


SITUATIONS: dict[str, Any] = {
    "A2 flag": any_space(lambda a, w: a["tier"] == "pilot" and w["hard_block"] and full(w)),
    "A2 flag below the hours": any_space(lambda a, w: a["tier"] == "pilot" and w["hard_block"] and not full(w)),
    "A2 by hours, no flag": any_space(lambda a, w: a["tier"] == "pilot" and not w["hard_block"] and full(w)),
    "A2 flag on another tier": any_space(lambda a, w: a["tier"] != "pilot" and w["hard_block"]),
    "A3 free hour used": any_space(lambda a, w: a["tier"] == "free" and full(w)),
    "A3 paid cap": any_space(lambda a, w: a["tier"] == "guardian" and full(w)),
    "A3 a hair below": any_space(lambda a, w: w["hours_used"] == 0.9951 and w["hours_included"] == 1.0),
    "A4 ratio": any_space(lambda a, w: near(w, NOON) == "ratio" and not full(w)),
    "A4 exactly four fifths": any_space(
        lambda a, w: w["hours_used"] and w["hours_used"] * 5 == 4 * (w["hours_included"] or 0)
    ),
    "A4 projection": any_space(lambda a, w: near(w, NOON) == "projection"),
    "A4 projection of a pilot": any_space(lambda a, w: a["tier"] == "pilot" and near(w, NOON) == "projection"),
    "A4 beyond the cycle": any_space(lambda a, w: 0 < (projected(w) or 0) <= 7 and not near(w, NOON) and not full(w)),
    "A4 fewer than 3 days": any_space(
        lambda a, w: w["hours_used"] and sum(h is not None for h in w["hours_daily"]) < 3 and w["hours_included"]
    ),
    "null in hours_daily": any_space(lambda a, w: None in w["hours_daily"] and w["hours_daily"][0] is not None),
    "hours unknown": any_space(lambda a, w: w["hours_used"] is None),
    "no cap": any_space(lambda a, w: w["hours_used"] and w["hours_included"] is None),
    "reset in this cycle": any_space(lambda a, w: w["usage_reset_at"] is not None),
    "A5 chosen": lambda a: a["downgrade_cause"] == "chosen" and category(a) == "recently_downgraded",
    "A5 staff": lambda a: a["downgrade_cause"] == "staff" and category(a) == "recently_downgraded",
    "A5 trial ended": lambda a: a["downgrade_cause"] == "trial_ended" and category(a) == "recently_downgraded",
    "A5 clock skew": lambda a: a["downgraded_at"] and when(a["downgraded_at"]) > NOON,
    "A5 exactly fourteen days": lambda a: a["downgraded_at"] == "2026-11-07T00:00:00Z",
    "A5 older": lambda a: a["downgraded_at"] and NOON - when(a["downgraded_at"]) > 20 * DAY,
    "A6 at cap and downgraded": lambda a: reasons(a) == ["at_cap", "recently_downgraded"],
    "A6 blocked and downgraded": lambda a: (
        reasons(a)[:1] + reasons(a)[-1:] == ["pilot_hard_block", "recently_downgraded"]
    ),
    "A6 several workspaces": lambda a: reasons(a) == ["at_cap", "approaching_cap"],
    "A8 frequent": lambda a: login_class(a) == "frequent",
    "A8 some": lambda a: login_class(a) == "some",
    "A8 none recent": lambda a: login_class(a) == "none recent" and a["admin_logins"]["last_at"],
    "A8 never": lambda a: login_class(a) == "none recent" and not a["admin_logins"]["last_at"],
    "A8 unknown": lambda a: login_class(a) == "unknown",
    "null in daily logins": lambda a: a["admin_logins"] and None in a["admin_logins"]["daily"][1:],
    "A9 every cell": lambda a: category(a) == "at_cap" and login_class(a) == "none recent",
    "A10 admin unreachable": lambda a: (
        category(a) and any(c["role"] == "admin" and not c["reachable"] for c in a["contacts"])
    ),
    "A10 no admin contact": lambda a: (
        category(a) and a["contacts"] and all(c["role"] != "admin" for c in a["contacts"])
    ),
    "A10 nobody": lambda a: not a["contacts"],
    "A15 locked, not listed": lambda a: not category(a) and any(w["locked"] for w in a["workspaces"]),
    "A17 snoozed": lambda a: a["snooze"] and a["snooze"]["category"] == category(a) and a["snooze"]["wake_on_worse"],
    "snoozed whatever happens": lambda a: a["snooze"] and not a["snooze"]["wake_on_worse"],
    "claimed": lambda a: a["claim"] and category(a),
    "running trial": lambda a: a["tier_expires_at"] and when(a["tier_expires_at"]) > NOON,
    "managed billing": lambda a: a["payment_mode"] == "managed",
    "live subscription": lambda a: a["payment_mode"] == "subscription",
    "at risk on a live subscription": lambda a: a["payment_mode"] == "subscription" and category(a),
    "comped": lambda a: a["revenue_class"] == "comped",
    "mrr unknown": lambda a: a["mrr"] is None,
    "discount": lambda a: a["discount"] is not None,
    "no CSM": lambda a: a["csm"] is None,
    "GBP": lambda a: a["currency"] == "GBP",
    "USD": lambda a: a["currency"] == "USD",
    "SEK": lambda a: a["currency"] == "SEK",
    "JPY": lambda a: a["currency"] == "JPY",
    "one workspace": lambda a: a["scope"] == "workspace",
    "M gap": lambda a: a["signals"]["active_users_daily"][-1] is None,
    "M dormant": lambda a: sum(x or 0 for x in a["signals"]["active_users_daily"]) == 0,
    "M new": lambda a: a["signals"]["active_users_daily"][-20] is None,
    "M moderate": lambda a: 0.40 < drop(a) < 0.60,
    "M severe": lambda a: 0 < drop(a) < 0.40,
    "D detractor": lambda a: any(n["score"] <= 6 for n in a["signals"]["nps"]),
    "H late payer": lambda a: a["signals"]["payment"]["days_late"] > 3,
    "H competitor": lambda a: a["signals"]["competitor_evaluation"],
    "H contraction": lambda a: a["signals"]["contraction_notice"],
    "R champion gone": lambda a: a["signals"]["champion"] and a["signals"]["champion"]["left_at"],
    "R open red case": lambda a: a["case"] and a["case"]["kind"] == "red" and not a["case"]["closed_at"],
    "R recovered": lambda a: a["case"] and a["case"]["outcome"] == "recovered",
    "R recovery case": lambda a: a["case"] and a["case"]["kind"] == "recovery",
    "R21 UC3": lambda a: any(p["adoption_pct"] == 5.0 for p in a["signals"]["products"]),
    "renewal overdue": lambda a: a["renewal_at"] and when(a["renewal_at"]) < NOON,
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_situation_occurs_in_a_thousand_accounts(name: str) -> None:
    assert sum(bool(SITUATIONS[name](a)) for a in accounts()) >= 1


def test_A7_hard_blocks_and_caps_began_at_different_moments() -> None:
    for field in ("blocked_since", "cap_reached_at"):
        began = [w[field] for a in accounts() for w in a["workspaces"] if w[field]]
        assert len(began) > 10 and len(set(began)) > 0.9 * len(began)


def test_A9_every_cell_of_the_matrix_has_an_account() -> None:
    cells = {(category(s.account), login_class(s.account)) for s in book.generate(3000, 7, TODAY)}
    kinds = ("pilot_hard_block", "at_cap", "approaching_cap", "recently_downgraded")
    assert {(c, k) for c in kinds for k in ("frequent", "some", "none recent", "unknown")} <= cells
