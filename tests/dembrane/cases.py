"""One workspace for each situation, kept in `Book.cases` under its name; this list is what tests may rely on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dembrane import names
from dembrane.book import Account, Member, Workspace

if TYPE_CHECKING:
    from dembrane.generate import Maker


def add(maker: Maker) -> None:
    """Put every situation into the book."""
    _hours(maker)
    _downgraded(maker)
    _tiers(maker)
    _pooled(maker)
    _odd(maker)
    for key, name in names.HOSTILE.items():
        _one(maker, f"hostile_{key}", name=name, org_name=name)


def _one(
    maker: Maker,
    case: str,
    *,
    name: str = "",
    org_name: str = "",
    hours: float = 0.2,
    members: list[Member] | None = None,
    **over: Any,
) -> Workspace:
    """A workspace with an organisation and an account of its own; `over` are the account's fields."""
    title = name or case.replace("_", " ").capitalize()
    org = maker.org(org_name or None)
    extra: dict[str, Any] = {} if members is None else {"members": members}
    made = maker.workspace(title, maker.account(org, title, **over), recordings=maker.recorded(hours), **extra)
    maker.book.cases[case] = made
    return made


def _hours(maker: Maker) -> None:
    _one(maker, "quiet")
    _one(maker, "approaching", hours=0.9)
    _one(maker, "at_cap", hours=1.02)
    _one(maker, "rounded_to_cap", hours=0.9951)
    away = _one(maker, "locked_but_absent", hours=0)
    away.recordings = maker.recorded(0.8, months_ago=2) + maker.recorded(0.8, months_ago=1)


def _downgraded(maker: Maker) -> None:
    for case, days, hours in (
        ("downgraded", 4, 0.2),
        ("approaching_and_downgraded", 4, 0.9),
        ("at_cap_and_downgraded", 4, 1.4),
        ("downgraded_14_days_and_more", 14.9, 0.2),
        ("downgraded_15_days", 15.1, 0.2),
        ("downgraded_in_future", -3, 0.2),
    ):
        made = _one(maker, case, hours=hours)
        made.downgraded_at, made.downgraded_from = maker.now - timedelta(days=days), "changemaker"


def _tiers(maker: Maker) -> None:
    soon = maker.now + timedelta(days=12, microseconds=701)
    _one(maker, "pilot_at_cap", hours=11, tier="pilot")
    _one(maker, "pioneer", hours=4, tier="pioneer", billing_period="annual")
    _one(maker, "trial", tier="changemaker", type_discount="trial", tier_expires_at=soon)
    _one(maker, "managed", hours=30, tier="changemaker", payment_mode="offline", billing_period="annual")
    _one(maker, "guardian", hours=55, tier="guardian", payment_mode="offline", billing_period="annual")
    _one(maker, "subscribed", hours=12, tier="innovator", payment_mode="mollie", billing_period="monthly")
    _one(maker, "paid_unbilled", hours=6, tier="innovator")  # paid tier, neither subscription nor managed
    _one(
        maker, "scholarship", tier="innovator", type_discount="scholarship", percent_discount=50, payment_mode="mollie"
    )
    _one(maker, "staff_discount", tier="innovator", type_discount="staff_discount", percent_discount=100)
    _one(maker, "percent_only", percent_discount=25)


def _pooled(maker: Maker) -> None:
    """Two pooled accounts: a subscription with nine seats of five people, and a managed one."""
    harbor = maker.org("Harbor Transit")
    account = maker.account(
        harbor, "Harbor pooled", scope="organisation", tier="changemaker", percent_discount=10,
        payment_mode="mollie", billing_period="annual",
    )  # fmt: skip
    people = [maker.person(days) for days in (1, 2, 20, 50, None)]
    for number, seated in enumerate((people[:3], people[1:4], people[2:]), start=1):
        _in(
            maker,
            f"pooled_{number}",
            account,
            [maker.member("owner", seated[0]), *(maker.member("member", one) for one in seated[1:])],
        )
    council = maker.org("Aldermoor Council")
    managed = maker.account(council, "Aldermoor pooled", scope="organisation", tier="guardian", payment_mode="offline")
    for number in (1, 2):
        _in(maker, f"pooled_managed_{number}", managed, None)


def _in(maker: Maker, case: str, account: Account, members: list[Member] | None) -> None:
    extra: dict[str, Any] = {} if members is None else {"members": members}
    name = case.replace("_", " ").capitalize()
    maker.book.cases[case] = maker.workspace(name, account, recordings=maker.recorded(3), **extra)


def _odd(maker: Maker) -> None:
    partner = maker.org("Northgate Partners", is_partner=True)
    billed = maker.account(
        partner, "Northgate partner", scope="organisation", tier="changemaker", payment_mode="offline"
    )
    maker.book.cases["partner_owned"] = maker.workspace(
        "Partner owned", billed, maker.org("Client of a partner"), partner_owned=True, recordings=maker.recorded(2)
    )
    _one(maker, "soft_deleted", hours=0.95).account.deleted = True
    _one(maker, "no_members", members=[])
    _one(
        maker, "admin_never_seen", hours=1.1, members=[maker.member("owner", maker.person()), maker.member("observer")]
    )
    _one(maker, "four_admins", members=[maker.member("admin") for _ in range(4)])
    _one(maker, "inactive").is_active = False
