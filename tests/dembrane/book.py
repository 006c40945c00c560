"""What the double keeps: organisations, billing accounts, workspaces, members, staff; and what it did to them."""

from dataclasses import dataclass, field
from datetime import datetime

from dembrane.clock import month

TIERS = ("free", "pilot", "pioneer", "innovator", "changemaker", "guardian")  # ascending
LEGACY = ("pilot", "pioneer")
PAID = ("innovator", "changemaker", "guardian")
SEAT_ROLES = ("owner", "admin", "member")


@dataclass
class Person:
    """A user; their Directus id differs from their user id, their e-mail address is the same in both."""

    user_id: str
    directus_id: str
    display_name: str
    email: str
    last_access: datetime | None = None


@dataclass
class Member:
    """Somebody in a workspace."""

    membership_id: str
    person: Person
    role: str  # owner, admin, member, external or observer


@dataclass
class Org:
    """An organisation (team); partners are billed for workspaces of others."""

    id: str
    name: str
    is_partner: bool = False


@dataclass
class Account:
    """A billing account; `scope` is workspace, or organisation for a pooled one."""

    id: str
    label: str
    org: Org
    scope: str = "workspace"
    tier: str = "free"
    payment_mode: str = "none"  # none, mollie (a live subscription) or offline (managed)
    type_discount: str | None = None  # scholarship, staff_discount or trial
    percent_discount: int | None = None
    tier_expires_at: datetime | None = None
    billing_period: str | None = None  # annual or monthly
    deleted: bool = False  # softly: the rollup still shows it
    subscriptions_orphaned: int = 0  # customers who go on paying for what a trial replaced

    @property
    def is_trial(self) -> bool:
        return self.type_discount == "trial"

    @property
    def is_comped(self) -> bool:
        return self.is_trial or self.percent_discount == 100


@dataclass
class Workspace:
    """A workspace, its recordings and its own traces of staff's work."""

    id: str
    name: str
    org: Org
    account: Account
    members: list[Member] = field(default_factory=list)
    recordings: list[tuple[datetime, float]] = field(default_factory=list)  # when, hours
    usage_reset_at: datetime | None = None
    usage_reset_reason: str | None = None  # one field: the next reset overwrites it
    downgraded_at: datetime | None = None
    downgraded_from: str | None = None
    is_active: bool = True
    partner_owned: bool = False
    resets: int = 0  # how often: for tests

    def hours(self, now: datetime, offset: int = 0) -> float:
        """Hours of a UTC calendar month, above the floor that a reset set."""
        start, end = month(now, offset)
        floor = max(start, self.usage_reset_at or start)
        return sum(hours for at, hours in self.recordings if floor <= at < end and start <= at)

    @property
    def locked(self) -> bool:
        """Whether the customer is stopped: their lock sums lifetime hours and knows no reset."""
        return self.account.tier == "free" and sum(hours for _, hours in self.recordings) >= 1

    def count(self, *roles: str) -> int:
        """Members with one of these roles."""
        return sum(member.role in roles for member in self.members)


@dataclass
class Staff:
    """Somebody who may sign in."""

    id: str
    directus_id: str
    email: str
    password: str
    otp: str | None = None
    admin_access: bool = True
    reads_users: bool = True


@dataclass
class Book:
    """Everything; `cases` are the workspaces that each stand for one situation (see cases.py)."""

    workspaces: dict[str, Workspace] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)  # by e-mail address
    staff: dict[str, Staff] = field(default_factory=dict)  # by e-mail address
    cases: dict[str, Workspace] = field(default_factory=dict)
    notified: list[str] = field(default_factory=list)  # e-mail addresses told about a tier, in order

    def workspaces_of(self, account: Account) -> list[Workspace]:
        """All workspaces that a billing account pays for."""
        return [one for one in self.workspaces.values() if one.account is account]

    def membership(self, membership_id: str) -> tuple[Workspace, Member] | None:
        """Where a membership is."""
        for workspace in self.workspaces.values():
            for member in workspace.members:
                if member.membership_id == membership_id:
                    return workspace, member
        return None
