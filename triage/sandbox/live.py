"""The slow trickle of life in the sandbox: hours, logins and the end of a UTC day, pure functions over account dicts.

Signatures (the server stores `today` beside the account and passes `{}` when it has none):

    trickle(account, today, rng, now) -> tuple[account, today] | None      one small thing happened at `now`
    roll_day(account, today, day)     -> tuple[account, today] | None      the UTC day `day` is complete

`today` holds what the contract's arrays cannot, because they hold complete days only:
`{"day": "YYYY-MM-DD", "logins": n, "hours": {workspace_id: h}, "active": n}`; JSON, safe to persist as it stands.
Both return new dicts (inputs are never changed) or None when nothing changed. Neither touches `version` or `seq`.
A day that is over must be rolled before new things can happen: `trickle` answers None while `today["day"]` is not the
day of `now`.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

Json = dict[str, Any]

# Longest piece of recording a single event adds, in hours, by tier; others 1.2.
_LONGEST_HOURS = {"free": 0.3, "pilot": 0.9}


def trickle(account: Json, today: Json, rng: random.Random, now: dt.datetime) -> tuple[Json, Json] | None:
    """One small plausible change at `now` (aware UTC): a new cycle, more hours or an admin login; else None.

    Reaching a cap sets `cap_reached_at`; a pilot is then hard-blocked and a free workspace locked.
    """
    day = now.date().isoformat()
    if account.get("deleted") or (today and today["day"] != day):
        return None
    stamp = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    fresh = today or {"day": day, "logins": 0, "hours": {}, "active": 0}
    over = next(
        (n for n, w in enumerate(account["workspaces"]) if w["cycle_end"] is not None and w["cycle_end"] <= stamp), None
    )
    if over is not None:
        return _new_cycle(account, over, stamp), dict(fresh)
    steps = [_login, _record] if rng.random() < 0.4 else [_record, _login]
    for step in steps:
        result = step(account, fresh, rng, stamp)
        if result is not None:
            return result
    return None


def roll_day(account: Json, today: Json, day: dt.date) -> tuple[Json, Json] | None:
    """Move the day's running figures into the daily arrays; None when the account had no activity up to `day`.

    The arrays then end on the day of the activity (`day`, or an earlier one the server slept through); the days between
    the old end and that day become zeros, which is what the contract lets the client assume. Answers an empty `today`.
    """
    if not today or today["day"] > day.isoformat():
        return None
    if not (today["logins"] or today["active"] or any(today["hours"].values())):
        return None
    last = today["day"]
    new = {**account, "updated_at": max(account["updated_at"] or "", f"{_next_day(last)}T00:00:01Z")}
    new["workspaces"] = [_rolled(w, last, today["hours"]) for w in account["workspaces"]]
    logins = account["admin_logins"]
    if logins is not None:
        daily = _shifted(logins["daily"], logins["as_of"], last, today["logins"])
        new["admin_logins"] = {
            **logins,
            "as_of": max(logins["as_of"] or last, last),
            "daily": daily,
            "count_7d": sum(n or 0 for n in daily[-7:]),
            "count_30d": sum(n or 0 for n in daily),
        }
    signals = account["signals"]
    if signals is not None:
        active = _shifted(signals["active_users_daily"], signals["as_of"], last, today["active"])
        new["signals"] = {**signals, "as_of": max(signals["as_of"] or last, last), "active_users_daily": active}
    return new, {}


def _rolled(workspace: Json, last: str, hours: Json) -> Json:
    """The workspace with `hours_daily` ending on day `last`."""
    value = round(float(hours.get(workspace["id"], 0.0)), 2)
    daily = _shifted(workspace["hours_daily"], workspace["hours_as_of"], last, value)
    return {**workspace, "hours_daily": daily, "hours_as_of": max(workspace["hours_as_of"] or last, last)}


def _login(account: Json, today: Json, rng: random.Random, stamp: str) -> tuple[Json, Json] | None:
    """An admin signs in; None where the source has no login data."""
    logins = account["admin_logins"]
    if logins is None:
        return None
    new = _touched(account, stamp)
    new["admin_logins"] = {
        **logins,
        "last_at": stamp,
        "count_7d": (logins["count_7d"] or 0) + 1,
        "count_30d": (logins["count_30d"] or 0) + 1,
    }
    return new, {**today, "logins": today["logins"] + 1, "active": max(today["active"], 1)}


def _record(account: Json, today: Json, rng: random.Random, stamp: str) -> tuple[Json, Json] | None:
    """Somebody records for a while in a workspace that is not stopped; None when all are."""
    workspaces = account["workspaces"]
    open_ones = [
        n for n, w in enumerate(workspaces) if not w["locked"] and not w["hard_block"] and w["hours_used"] is not None
    ]
    if not open_ones:
        return None
    chosen = rng.choice(open_ones)
    hours = round(rng.uniform(0.05, _LONGEST_HOURS.get(account["tier"], 1.2)), 2)
    new = _touched(account, stamp)
    new["workspaces"] = list(workspaces)
    workspace = new["workspaces"][chosen] = _recorded(workspaces[chosen], hours, account["tier"], stamp)
    seats = max(1, sum(w["seats_used"] or 1 for w in workspaces))
    running = {**today["hours"], workspace["id"]: round(today["hours"].get(workspace["id"], 0.0) + hours, 2)}
    return new, {**today, "hours": running, "active": min(seats, today["active"] + 1)}


def _recorded(workspace: Json, hours: float, tier: str, stamp: str) -> Json:
    """The workspace with `hours` more, stopped or locked when that reached the cap."""
    used = round(workspace["hours_used"] + hours, 2)
    new = {**workspace, "hours_used": used, "lifetime_hours": round((workspace["lifetime_hours"] or 0.0) + hours, 2)}
    included = workspace["hours_included"]
    if included is not None and used >= included and workspace["cap_reached_at"] is None:
        new["cap_reached_at"] = stamp
        new["locked"] = tier in ("free", "pilot")
        if tier == "pilot":
            new["hard_block"], new["blocked_since"] = True, stamp
    return new


def _new_cycle(account: Json, index: int, stamp: str) -> Json:
    """The billing cycle of one workspace is over: hours start at zero, the cap is open again."""
    new = {**account, "updated_at": stamp, "workspaces": list(account["workspaces"])}
    workspace = account["workspaces"][index]
    start = workspace["cycle_end"]
    while (end := _next_month(start)) <= stamp:
        start = end
    new["workspaces"][index] = {
        **workspace,
        "hours_used": 0.0,
        "cycle_start": start,
        "cycle_end": end,
        "locked": False,
        "hard_block": False,
        "blocked_since": None,
        "cap_reached_at": None,
    }
    return new


def _touched(account: Json, stamp: str) -> Json:
    """A shallow copy that was active at `stamp`."""
    new = {**account, "updated_at": stamp}
    if account["signals"] is not None:
        new["signals"] = {**account["signals"], "last_active_at": stamp}
    return new


def _shifted(daily: list[Any] | None, as_of: str | None, last: str, value: float) -> list[Any]:
    """The array, as long as before, ending on day `last` with `value`; the days between are zeros."""
    if not daily or as_of is None:
        return daily or []
    gap = (dt.date.fromisoformat(last) - dt.date.fromisoformat(as_of)).days
    if gap <= 0:
        return daily
    zero = type(value)(0)
    return ([*daily, *[zero] * min(gap - 1, len(daily)), value])[-len(daily) :]


def _next_day(day: str) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat()


def _next_month(stamp: str) -> str:
    """The same moment one month later; the 29th to 31st fall on the 28th where the next month is shorter."""
    moment = dt.datetime.fromisoformat(stamp)
    year, month = moment.year + moment.month // 12, moment.month % 12 + 1
    length = ((dt.date(year + month // 12, month % 12 + 1, 1)) - dt.date(year, month, 1)).days
    day = moment.day if moment.day <= length else 28
    return f"{moment.replace(year=year, month=month, day=day):%Y-%m-%dT%H:%M:%SZ}"
