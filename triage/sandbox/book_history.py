"""What staff did before in the seeded book: audit entries, claims, snoozes and cases."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from triage.sandbox.book_people import colleague
from triage.sandbox.book_plan import Situation
from triage.sandbox.book_shapes import Calendar

Json = dict[str, Any]
Chance = Callable[[], float]

_NAMESPACE = uuid.UUID("6f2f5bb2-6a43-4d8f-9c0e-6d6b1c1f7a10")
_RESET = (
    "Board meeting ran over, agreed with {first}",
    "Public hearing took longer than planned, {first} asked",
    "Imported recordings counted twice, agreed with {first}",
    "Goodwill after the outage on their event day",
)
_CONTACT = (
    ("phone", "reached", "Talked to {first} about the cap; they decide after the budget round"),
    ("email", "replied", "{first} wants a quote for the next tier"),
    ("phone", "no_answer", "Called {first} twice, left a message"),
    ("meeting", "reached", "Walked {first} through what the tiers include"),
)
_DISCOUNT = (
    "Small non-profit, scholarship agreed with {first}",
    "Price was the blocker, two years agreed with {first}",
    "Pilot partner, discount promised by sales to {first}",
)
_TRIAL = "Wants to see the paid features before the committee meets"
_TIER = "Fewer seats needed after the project ended, agreed with {first}"
_SNOOZE = (
    "Waits for the budget decision",
    "Holiday until next week, {first} calls back",
    "Upgrade order is on its way",
)


class History:
    """Makes the past of one book's accounts; texts name the first contact where there is one."""

    def __init__(self, calendar: Calendar, chance: Chance) -> None:
        self._calendar = calendar
        self._chance = chance

    def entries(self, account: Json, case: Situation, nth: int, since: int | None) -> list[Json]:
        """Past entries of the last 60 days that explain what the account shows; `since` days ago its category began."""
        found, story = [], case.story
        workspace = account["workspaces"][0]
        if story == "reset" and workspace["usage_reset_at"] is not None:
            found.append(self._reset(account, workspace))
        if account["tier_expires_at"] is not None:
            found.append(self._trial(account))
        if account["downgrade_cause"] == "staff" and account["downgraded_at"] <= self._calendar.day(0):
            found.append(self._tier_change(account))
        if account["discount"] is not None and nth % 3 == 0:
            found.append(self._discount(account))
        if story == "contact" and since is not None and since > 1:
            found.append(self._contact(account, 1 + int(self._chance() * (since - 1))))
        elif story == "contact" or (story != "outreach" and since is not None and nth % 23 == 5):
            found.append(self._contact(account, 20 + int(self._chance() * 30)))
        if story == "outreach":
            found.append(self._outreach(account, 2))
        elif case.usage in ("drifting", "dropping", "fading") and nth % 10 in (0, 2, 5):
            found += self._thread(account, 1 + nth % 11, nth % 3 == 0)
        elif since is None and nth % 29 == 4 and account["created_at"] < self._calendar.day(-45):
            found += self._thread(account, 4 + nth % 37, nth % 37 > 8 or nth % 2 == 0)
        found = [e for e in found if e["applied_at"] > account["created_at"]]
        return _answering(account, sorted(found, key=lambda e: str(e["applied_at"])))

    def _entry(self, account: Json, action: str, moment: str, reason: str, params: Json, **moved: Any) -> Json:
        """`moved`: workspace_id, before, after; a record changes nothing, its after is what was written down."""
        micros = int(self._chance() * 1e6)
        return {
            "action": action,
            "actor": colleague(self._chance),
            "workspace_id": moved.get("workspace_id"),
            "before": moved.get("before", {}),
            "after": moved.get("after", dict(params)),
            "reason": reason.format(first=_first(account)),
            "applied_at": f"{moment[:-1]}.{micros:06d}Z",
            "params": params,
        }

    def _pick(self, texts: tuple[str, ...]) -> str:
        return texts[int(self._chance() * len(texts))]

    def _reset(self, account: Json, workspace: Json) -> Json:
        included, stamp = workspace["hours_included"] or 10.0, workspace["usage_reset_at"]
        before: Json = {"hours_used": round(included * 1.02, 2), "usage_reset_at": None}
        after: Json = {"hours_used": 0.0, "usage_reset_at": stamp}
        if account["tier"] in ("free", "pilot"):
            before["locked"], after["locked"] = True, False
        if account["tier"] == "pilot":
            before["hard_block"], after["hard_block"] = True, False
        before, after = {"workspace": before}, {"workspace": after}
        reason = self._pick(_RESET)
        return self._entry(
            account, "reset_usage", stamp, reason, {}, workspace_id=workspace["id"], before=before, after=after
        )

    def _trial(self, account: Json) -> Json:
        """The grant that the running trial came from: one month, 30 days before its end."""
        expires = account["tier_expires_at"]
        before = {"tier": "free", "tier_expires_at": None, "revenue_class": "paying"}
        after = {"tier": account["tier"], "tier_expires_at": expires, "revenue_class": "trial"}
        start = dt.datetime.fromisoformat(expires) - dt.timedelta(days=30)
        moment = f"{start:%Y-%m-%dT%H:%M:%SZ}"
        params = {"tier": account["tier"], "months": 1}
        return self._entry(account, "grant_trial", moment, _TRIAL, params, before=before, after=after)

    def _tier_change(self, account: Json) -> Json:
        before, after = {"tier": account["downgraded_from"]}, {"tier": account["tier"]}
        params = {"tier": account["tier"]}
        return self._entry(account, "change_tier", account["downgraded_at"], _TIER, params, before=before, after=after)

    def _discount(self, account: Json) -> Json:
        discount = account["discount"]
        moment = self._calendar.at(-(2 + int(self._chance() * 50)), self._chance())
        return self._entry(
            account, "apply_discount", moment, self._pick(_DISCOUNT), dict(discount),
            before={"discount": None}, after={"discount": dict(discount)},
        )  # fmt: skip

    def _contact(self, account: Json, ago: int) -> Json:
        channel, outcome, note = _CONTACT[int(self._chance() * len(_CONTACT))]
        note = note.format(first=_first(account))
        params = {"channel": channel, "outcome": outcome, "note": note}
        return self._entry(account, "log_contact", self._calendar.at(-ago, self._chance()), note, params)

    def _outreach(self, account: Json, ago: int, template: str = "near-cap") -> Json:
        contact = account["contacts"][0]["email"] if account["contacts"] else None
        subject = "Your recording hours" if template == "near-cap" else "How is it going with your recordings?"
        params = {"stage": "sent", "channel": "email", "contact": contact, "subject": subject,
                  "template": template, "follow_up_at": self._calendar.midnight(7 - ago)}  # fmt: skip
        return self._entry(account, "log_outreach", self._calendar.at(-ago, self._chance()), "Wrote to {first}", params)

    def _thread(self, account: Json, ago: int, answered: bool) -> list[Json]:
        """A check-in sent so many days ago, and the day after it the answer where there is one."""
        found = [self._outreach(account, ago, "check_in")]
        if answered and ago > 1:
            moment = self._calendar.at(1 - ago, self._chance())
            found.append(self._entry(account, "log_reply", moment, "{first} wrote back", {"outreach_id": None}))
        return found

    def claim(self) -> Json:
        """A colleague is at work on the account for some hours more."""
        return {**colleague(self._chance), "until": self._calendar.midnight(1)}

    def snooze(self, account: Json, category: str, wake: bool) -> Json:
        """Set aside for some days; `wake` unless it worsens."""
        return {
            **colleague(self._chance),
            "until": self._calendar.midnight(2 + int(self._chance() * 9)),
            "reason": self._pick(_SNOOZE).format(first=_first(account)),
            "category": category,
            "wake_on_worse": wake,
        }


def change_id(account_id: str, number: int, applied_at: str) -> str:
    """The id of an account's entry, `number` counted from its oldest."""
    return str(uuid.uuid5(_NAMESPACE, f"{account_id}/{number}/{applied_at}"))


def _answering(account: Json, entries: list[Json]) -> list[Json]:
    """The entries with each reply naming the message before it."""
    sent = None
    for number, entry in enumerate(entries):
        if entry["action"] == "log_outreach":
            sent = change_id(account["id"], number, entry["applied_at"])
        elif entry["action"] == "log_reply":
            entry["params"] = {"outreach_id": sent}
            entry["after"] = {"outreach_id": sent}
    return entries


def _first(account: Json) -> str:
    """The first contact's first name, or the organisation where there is nobody."""
    contacts = account["contacts"]
    return str(contacts[0]["name"].split()[0] if contacts else account["org_name"])
