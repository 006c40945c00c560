"""A seeded book: one workspace for every situation that matters, then as many ordinary ones as are wanted."""

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from dembrane import cases, names
from dembrane.book import Account, Book, Member, Org, Person, Staff, Workspace
from dembrane.clock import month

_TIERS = ("free",) * 11 + ("innovator",) * 4 + ("changemaker",) * 3 + ("guardian", "pilot", "pioneer")
_MONTHS = 12


class Maker:
    """Puts things into a book; the same seed and moment make the same book."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.book = Book()
        self.now = now
        self.random = random.Random(seed)
        self._numbers: dict[str, int] = {}

    def id(self) -> str:
        """A fresh UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def _number(self, what: str) -> int:
        self._numbers[what] = self._numbers.get(what, 0) + 1
        return self._numbers[what]

    def org(self, name: str | None = None, is_partner: bool = False) -> Org:
        """An organisation."""
        number = self._number("org")
        return Org(self.id(), name or f"{names.ORGS[number % len(names.ORGS)]} {number:03}", is_partner)

    def account(self, org: Org, label: str, **over: Any) -> Account:
        """A billing account; `over` are its fields."""
        account = Account(self.id(), label, org, **over)
        self.book.accounts[account.id] = account
        return account

    def person(self, days_ago: float | None = None) -> Person:
        """A user who was last seen so many days ago, or never."""
        number = self._number("person")
        first, last = self.random.choice(names.FIRST), self.random.choice(names.LAST)
        seen = None if days_ago is None else self.now - timedelta(days=days_ago)
        person = Person(self.id(), self.id(), f"{first} {last}", f"user{number}@example.org", seen)
        self.book.people[person.email] = person
        return person

    def member(self, role: str, person: Person | None = None) -> Member:
        """A member with a role; a new person unless one is given."""
        days = self.random.choice((None, 0.5, 3, 12, 25, 70))
        return Member(self.id(), person or self.person(days), role)

    def workspace(self, name: str, account: Account, org: Org | None = None, **over: Any) -> Workspace:
        """A workspace with an owner, a member and an external one, unless `members` are given."""
        over.setdefault("members", [self.member(role) for role in ("owner", "member", "external")])
        workspace = Workspace(self.id(), name, org or account.org, account, **over)
        self.book.workspaces[workspace.id] = workspace
        return workspace

    def recorded(self, hours: float, months_ago: int = 0) -> list[tuple[datetime, float]]:
        """Recordings of so many hours in a month, none of them in the future."""
        start, end = month(self.now, -months_ago)
        span = min(end, self.now) - start
        part = round(hours / 2, 4)
        return [(start + span * 0.25, part), (start + span * 0.6, round(hours - part, 4))]


def generate(workspaces: int, seed: int, now: datetime) -> Book:
    """A book of at least `workspaces` workspaces as of `now`; the situations of cases.py are always in it."""
    maker = Maker(seed, now)
    _staff(maker)
    cases.add(maker)
    while len(maker.book.workspaces) < workspaces:
        _filler(maker)
    shuffled = list(maker.book.workspaces.items())
    maker.random.shuffle(shuffled)
    maker.book.workspaces = dict(shuffled)
    return maker.book


def _staff(maker: Maker) -> None:
    for email, over in (
        ("maya@vendor.example", {}),
        ("tom@vendor.example", {"otp": "123456"}),
        ("vera@vendor.example", {"reads_users": False}),
        ("nils@customer.example", {"admin_access": False, "reads_users": False}),
    ):
        password = f"pass-{email.partition('@')[0]}"
        maker.book.staff[email] = Staff(maker.id(), maker.id(), email, password, **over)


def _filler(maker: Maker) -> None:
    """One organisation with an account of its own; one in twelve is pooled and shares people."""
    dice = maker.random
    org = maker.org()
    tier = dice.choice(_TIERS)
    mode = "none" if tier in ("free", "pilot", "pioneer") else dice.choice(("mollie", "mollie", "offline"))
    pooled = tier != "free" and dice.random() < 0.25
    account = maker.account(
        org,
        f"{org.name} pooled" if pooled else org.name,
        scope="organisation" if pooled else "workspace",
        tier=tier,
        payment_mode=mode,
        billing_period=None if mode == "none" else dice.choice(("annual", "monthly")),
        percent_discount=dice.choice((None, None, None, None, 10, 25)),
    )
    shared = maker.person(dice.choice((None, 1, 9, 40)))
    for _ in range(dice.randint(2, 4) if pooled else 1):
        usual = dice.choice((0.05, 0.2, 0.4, 0.7, 0.9, 1.02)) * (1 if tier == "free" else 12)
        recordings = [one for ago in range(_MONTHS, -1, -1) for one in maker.recorded(usual * dice.random(), ago)]
        roles = dice.choices(("member", "external", "observer", "admin"), (6, 2, 1, 1), k=dice.randint(0, 4))
        maker.workspace(
            f"{dice.choice(names.TEAMS)} {len(maker.book.workspaces):04}",
            account,
            members=[maker.member("owner", shared), *(maker.member(role) for role in roles)],
            recordings=recordings,
            is_active=dice.random() > 0.03,
        )
