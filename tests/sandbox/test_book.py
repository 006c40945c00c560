"""The seeded book: the contract's shapes, unique names, consistent figures, and nothing of the future."""

import datetime as dt
import json
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Any

import pytest

from triage.sandbox import book

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)

# The contract's account object: "?" allows null, a list holds its element's shape, "*" in a key's list length.
NUM, STR, BOOL, INT, TIME, DATE = "num", "str", "bool", "int", "time", "date"
SHAPE: dict[str, Any] = {
    "id": STR, "name": STR, "org_id": STR, "org_name": STR, "scope": STR, "industry": STR, "segment": STR, "tier": STR,
    "tier_expires_at": "time?", "downgraded_at": "time?", "downgraded_from": "str?", "downgrade_cause": "str?",
    "payment_mode": STR, "revenue_class": STR, "currency": STR, "mrr": "int?",
    "discount?": {"kind": STR, "percent": INT}, "created_at": TIME, "renewal_at": "time?",
    "csm?": {"staff_id": STR, "name": STR, "email": STR},
    "contacts": [{"user_id": STR, "name": STR, "email": STR, "role": STR, "reachable": BOOL}],
    "admin_logins?": {"as_of": DATE, "last_at": "time?", "count_7d": INT, "count_30d": INT, "daily": ["int?"]},
    "workspaces": [{
        "id": STR, "name": STR, "hours_used": "num?", "hours_included": "num?", "hours_daily": ["num?"],
        "hours_as_of": DATE, "lifetime_hours": "num?", "locked": BOOL, "hard_block": BOOL, "blocked_since": "time?",
        "cap_reached_at": "time?", "seats_used": INT, "seats_licensed": INT, "cycle_start": TIME, "cycle_end": TIME,
        "usage_reset_at": "time?",
    }],
    "signals": {
        "as_of": DATE, "adoption_pct": "num?", "active_users_daily": ["int?"],
        "products": [{"name": STR, "adoption_pct": "num?", "since": DATE}], "features_used": INT,
        "features_available": INT, "most_used_feature": STR, "last_feature": "str?", "last_active_at": "time?",
        "use_case": "str?", "nps": [{"score": INT, "at": DATE}], "csat": [{"score": NUM, "scale": INT, "at": DATE}],
        "tickets": {"open": INT, "urgent": INT, "oldest_open_days": "num?", "escalated": INT,
                    "resolution_hours_90d": "num?"},
        "outreach": {"attempts_90d": INT, "responses_90d": INT, "missed_check_in": BOOL},
        "champion?": {"name": STR, "left_at": "date?"}, "payment": {"days_late": INT}, "contraction_notice": BOOL,
        "competitor_evaluation": BOOL, "complex": BOOL, "dau_mau": "num?", "session_minutes": "num?",
        "meetings": {"invited": INT, "accepted": INT}, "stakeholders": {"known": INT, "engaged": INT},
        "budget_change": "null", "permission_downgrades_30d": INT,
    },
    "flags": [STR], "claim?": {"staff_id": STR, "name": STR, "until": TIME},
    "snooze?": {"staff_id": STR, "name": STR, "until": TIME, "reason": STR, "category": STR, "wake_on_worse": BOOL},
    "case?": {
        "id": STR, "kind": STR, "opened_at": TIME, "owner": STR, "root_cause": "str?", "designated_at": "time?",
        "assessed_at": "time?", "root_cause_at": "time?", "planned_at": "time?", "reviewed_at": "time?",
        "intervened_at": "time?", "recovered_at": "time?", "closed_at": "time?", "outcome": "str?", "causes": [STR],
    },
    "version": INT, "seq": INT, "updated_at": TIME, "deleted": BOOL,
}  # fmt: skip
MEMBER = {"membership_id": STR, "user_id": STR, "name": STR, "email": STR, "role": STR, "reachable": BOOL}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LEAVES = {
    NUM: lambda v: type(v) is float, INT: lambda v: type(v) is int, STR: lambda v: type(v) is str and v.strip() != "",
    BOOL: lambda v: type(v) is bool, TIME: lambda v: type(v) is str and _TIME.fullmatch(v) is not None,
    DATE: lambda v: type(v) is str and _DATE.fullmatch(v) is not None, "null": lambda v: v is None,
}  # fmt: skip


@lru_cache(maxsize=4)
def seeded(count: int, seed: int = 7, today: dt.date = TODAY) -> list[book.SeedAccount]:
    return list(book.generate(count, seed, today))


def accounts(count: int = 1000) -> list[dict[str, Any]]:
    return [s.account for s in seeded(count)]


def misfits(value: Any, shape: Any, path: str = "") -> list[str]:
    """Where a value differs from its shape."""
    if isinstance(shape, dict):
        wanted = {k.rstrip("?"): (k.endswith("?"), s) for k, s in shape.items()}
        if not isinstance(value, dict) or set(value) != set(wanted):
            return [f"{path}: keys {set(wanted) ^ set(value)}"]
        return [
            m
            for key, (nullable, inner) in wanted.items()
            if not (nullable and value[key] is None)
            for m in misfits(value[key], inner, f"{path}/{key}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path}: not a list"]
        return [m for n, v in enumerate(value) for m in misfits(v, shape[0], f"{path}/{n}")]
    if shape.endswith("?") and value is None:
        return []
    return [] if _LEAVES[shape.rstrip("?")](value) else [f"{path}: {value!r} is not {shape}"]


def when(stamp: str) -> dt.datetime:
    return dt.datetime.fromisoformat(stamp)


def test_same_seed_and_day_make_the_same_book_and_others_differ() -> None:
    def text(count: int, seed: int, day: dt.date = TODAY) -> str:
        book_ = [(s.account, s.members, s.entries) for s in book.generate(count, seed, day)]
        return json.dumps(book_, ensure_ascii=False)

    assert text(120, 3) == text(120, 3)
    assert text(120, 3) != text(120, 4)
    assert text(120, 3) != text(120, 3, TODAY + DAY)
    # The n-th account does not depend on how many were asked for.
    assert text(400, 3).startswith(text(70, 3)[:-1])


def test_every_object_has_the_keys_and_types_of_the_contract() -> None:
    wrong = [f"{a['id']}{m}" for a in accounts() for m in misfits(a, SHAPE)]
    assert wrong == []
    for seed in seeded(1000):
        assert set(seed.members) == {w["id"] for w in seed.account["workspaces"]}
        assert [m for people in seed.members.values() for p in people for m in misfits(p, MEMBER)] == []
    for a in accounts():
        assert all(len(w["hours_daily"]) == 30 for w in a["workspaces"])
        assert a["admin_logins"] is None or len(a["admin_logins"]["daily"]) == 30
        assert len(a["signals"]["active_users_daily"]) == 180
        assert a["workspaces"] and (a["version"], a["seq"], a["deleted"]) == (0, 0, False)


def test_ids_are_unique_and_names_nearly() -> None:
    book_ = list(book.generate(20_000, 1, TODAY))
    assert len({s.account["id"] for s in book_}) == len(book_)
    spaces = [w["id"] for s in book_ for w in s.account["workspaces"]]
    assert len(set(spaces)) == len(spaces)
    memberships = [m["membership_id"] for s in book_ for people in s.members.values() for m in people]
    assert len(set(memberships)) == len(memberships)
    assert len({s.account["name"] for s in book_}) > 0.999 * len(book_)
    users: dict[str, str] = {}
    for s in book_:
        for person in [*s.account["contacts"], *(m for people in s.members.values() for m in people)]:
            assert users.setdefault(person["user_id"], person["email"]) == person["email"]


def test_names_are_plain_printable_text_of_many_scripts() -> None:
    names = [n for s in seeded(1000) for n in (s.account["name"], *(c["name"] for c in s.account["contacts"]))]
    assert all(unicodedata.category(c)[0] not in "CZ" or c == " " for name in names for c in name)
    directions = {unicodedata.bidirectional(c) for name in names for c in name}
    assert {"L", "R", "AL"} <= directions
    assert any(unicodedata.east_asian_width(c) == "W" for name in names for c in name)
    assert any(c in name for name in names for c in "øåöéłñ")


def stamps(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Every time and date below a JSON value with its path."""
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in stamps(v, f"{path}/{k}")]
    if isinstance(value, list):
        return [s for v in value for s in stamps(v, path)]
    return [(path, value)] if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d(T.*Z)?", value) else []


def test_nothing_lies_in_the_future_but_ends_and_the_skewed_clock() -> None:
    ends = ("/renewal_at", "/cycle_end", "/tier_expires_at", "/until", "/follow_up_at", "/after/tier_expires_at")
    limit = "2026-11-21T00:05:00Z"
    skewed = 0
    for seed in seeded(1000):
        for path, stamp in stamps([seed.account, seed.entries]):
            if path.endswith(ends):
                continue
            if path == "/downgraded_at" and stamp > limit:
                skewed += 1
                assert when(stamp) - NOON > DAY
            elif "T" in stamp:
                assert stamp < limit, path
            else:
                assert stamp < TODAY.isoformat(), path
    assert 1 <= skewed <= 20


def test_all_figures_end_yesterday() -> None:
    for a in accounts():
        days = {a["signals"]["as_of"], *(w["hours_as_of"] for w in a["workspaces"])}
        days |= {a["admin_logins"]["as_of"]} if a["admin_logins"] else set()
        assert days == {"2026-11-20"}


def test_nothing_is_older_than_the_account() -> None:
    for seed in seeded(1000):
        a = seed.account
        born = a["created_at"][:10]
        age = (TODAY - dt.date.fromisoformat(born)).days
        early = [p for p, s in stamps([a, seed.entries]) if s[:10] < born]
        assert early == [], (a["id"], born)
        for daily in (a["signals"]["active_users_daily"], *(w["hours_daily"] for w in a["workspaces"])):
            assert all(x is None for x in daily[: max(0, len(daily) - age)])


def test_hours_used_are_the_sum_of_the_cycles_days() -> None:
    for a in accounts():
        for w in a["workspaces"]:
            if w["hours_used"] is None or None in w["hours_daily"]:
                continue
            start = (TODAY - dt.date.fromisoformat((w["usage_reset_at"] or w["cycle_start"])[:10])).days
            assert sum(w["hours_daily"][-start:]) == pytest.approx(w["hours_used"], abs=0.01), w["id"]
            assert min(w["hours_daily"]) >= 0
            assert w["cycle_start"] < NOON.isoformat() < w["cycle_end"]
            assert w["lifetime_hours"] >= w["hours_used"] - 0.1


def test_login_counts_and_last_login_fit_the_days() -> None:
    for a in accounts():
        logins = a["admin_logins"]
        if logins is None:
            continue
        today = logins["count_30d"] - sum(n or 0 for n in logins["daily"])
        assert today >= 0 and logins["count_7d"] == sum(n or 0 for n in logins["daily"][-7:]) + today
        if logins["last_at"] is None:
            assert logins["count_30d"] == 0
            continue
        ago = (TODAY - dt.date.fromisoformat(logins["last_at"][:10])).days
        last = next((n for n in range(1, 31) if logins["daily"][-n]), None)
        assert ago == (0 if today else last) or (last is None and ago > 30)


def test_mrr_of_paying_accounts_follows_the_formula() -> None:
    prices = {"free": 0, "innovator": 20, "changemaker": 75, "guardian": 150}
    paying = [a for a in accounts() if a["revenue_class"] == "paying"]
    for a in paying:
        seats = sum(w["seats_licensed"] for w in a["workspaces"])
        percent = a["discount"]["percent"] if a["discount"] else 0
        assert a["mrr"] == int(seats * prices[a["tier"]] * 100 * (100 - percent) / 100 + 0.5)
    assert sum(a["discount"] is not None for a in paying) > 20


def test_staff_begins_with_viewer_agent_and_lead() -> None:
    assert [(s["staff_id"], s["role"]) for s in book.STAFF[:3]] == [
        ("stf_vera", "viewer"), ("stf_tom", "agent"), ("stf_maya", "lead")
    ]  # fmt: skip
    assert len(book.STAFF) >= 12 and len({s["email"] for s in book.STAFF}) == len(book.STAFF)
    known = {s["staff_id"] for s in book.STAFF} - {"stf_vera"}
    for seed in seeded(1000):
        a = seed.account
        assert all(x is None or x["staff_id"] in known for x in (a["csm"], a["claim"], a["snooze"]))
        assert all(e["actor"]["staff_id"] in known for e in seed.entries)


def test_members_stand_promotable_first_and_hold_every_guard_of_change_admin() -> None:
    roles: Counter[str] = Counter()
    rank = {"member": 0, "billing": 0, "admin": 1, "owner": 1, "external": 2, "observer": 2}
    for seed in seeded(1000):
        for people in seed.members.values():
            order = [rank[m["role"]] for m in people]
            assert people and order == sorted(order)
            roles.update(m["role"] for m in people)
            ids = {m["user_id"] for m in people}
            assert {c["user_id"] for c in seed.account["contacts"]} <= ids
    assert all(roles[r] > 20 for r in rank)
