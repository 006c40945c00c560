"""Where the work happens: one profile's files, one backend, one policy, one clock."""

import hashlib
import random
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from data.assessment import Subject
from data.backends.port import BillingBackend
from data.bulk import Assess, Judged
from data.cache import Cache
from data.errors import SignedOut, TriageError
from data.health_tree import Answer, Tree, TreeReading
from data.kept import Column
from data.listing_columns import rules_mark
from data.outbox import Outbox
from data.saved_view import SavedView
from data.senders.port import Mailroom, no_mailroom
from data.token_pair import lasting_name
from triage.desk.policies import Policies
from triage.desk.trees import Trees

if TYPE_CHECKING:
    from triage.desk.crew import Crew
    from triage.policy import Policy
    from triage.rules.health import Rulebook


class Place(Struct, frozen=True):
    """One profile: its backend, its two directories and its habits; times in seconds."""

    base_url: str
    profile: str
    state_dir: Path
    cache_dir: Path
    client: str
    hold_seconds: float = 10.0
    stale_after: float = 3600.0
    sync_every: float = 60.0
    live: bool = True
    read_only: bool = False
    log_file: Path | None = None
    tree_file: Path | None = None
    views: tuple[SavedView, ...] = ()
    columns: tuple[Column, ...] = ()


class TokenBox:
    """The token, looked for once (a keyring may take seconds) and kept in memory only."""

    def __init__(
        self, find: Callable[[], str | None], keep: Callable[[str], str], why: Callable[[], str] = lambda: ""
    ) -> None:
        """`keep` stores a token and says where in a few words; `why` says what kept `find` from finding one."""
        self._find = find
        self._keep = keep
        self._why = why
        self._lock = threading.Lock()
        self._looked = False
        self._token: str | None = None

    def get(self) -> str | None:
        """The token; the first call may wait for the keyring."""
        with self._lock:
            if not self._looked:
                self._token = self._find()
                self._looked = True
            return self._token

    def take(self, token: str, keep: bool) -> str:
        """Use another token from now on, and store it where tokens live if asked; returns where that was, in words."""
        said = self._keep(token) if keep else ""
        with self._lock:
            self._token, self._looked = token, True
        return said

    def missing(self) -> SignedOut:
        """The error of having none, with what the keyring said and the cure."""
        return SignedOut(" ".join(filter(None, ("Signed out.", self._why(), "triage login signs in."))))

    def why(self) -> str:
        """What is the matter with the keyring, empty where nothing is or nobody asked it."""
        return "" if self._token else self._why()

    @property
    def looked(self) -> bool:
        """False while nobody has looked for it yet."""
        return self._looked

    def mark(self) -> str | None:
        """A short one-way mark of the token, to tell whether the remembered identity is its owner's.

        A session that renews its token keeps its mark.
        """
        token = self.get()
        return hashlib.sha256(b"triage token mark\n" + lasting_name(token).encode()).hexdigest()[:16] if token else None


class Session(Struct, frozen=True, dict=True):
    """A place with what the outside gives it: the policy, the clock, the token and the way to the backend.

    `say` tells a person at the command line what was found when the files were opened. `begin` makes a token of an
    e-mail address, a password and a one-time code; None where this backend takes tokens only.
    """

    place: Place
    policies: Policies
    clock: Callable[[], datetime]
    connect: Callable[[str, str], BillingBackend]
    token: "TokenBox"
    rng: random.Random = field(default_factory=random.Random)
    memo: dict[tuple[str, tuple[Answer, ...] | tuple[bool | None, ...]], TreeReading] = field(default_factory=dict)
    say: Callable[[str], None] = lambda sentence: None
    mailroom: Callable[[], Mailroom] = no_mailroom
    begin: Callable[[str, str, str], str] | None = None

    @cached_property
    def trees(self) -> Trees:
        """The trees lie in the place's state directory."""
        return Trees(self.place.state_dir, self.place.tree_file)

    def open_cache(self) -> Cache:
        """Open cache.db for the calling thread."""
        return Cache.open(self.place.cache_dir, self.place.base_url)

    def open_outbox(self) -> Outbox:
        """Open outbox.db for the calling thread; OutboxDamaged says how to rescue it."""
        return Outbox.open(self.place.state_dir)

    def open_files(self) -> tuple[Cache, Outbox]:
        """Open both for the calling thread, or neither."""
        cache = self.open_cache()
        try:
            return cache, self.open_outbox()
        except (TriageError, OSError, sqlite3.Error):
            cache.close()
            raise

    def backend(self, token: str | None = None) -> BillingBackend:
        """Connect with the token we have; SignedOut where there is none."""
        token = token or self.token.get()
        if not token:
            raise self.token.missing()
        return self.connect(self.place.base_url, token)

    @property
    def policy(self) -> "Policy":
        """The policy in effect."""
        return self.policies.policy

    @property
    def tree(self) -> Tree:
        """The decision tree in effect (D18); TreeError where the accepted copy is damaged."""
        return self.trees.in_effect()

    @property
    def rules_mark(self) -> str:
        """What verdicts are made by now; those with another mark have lapsed."""
        return rules_mark(self.policies.version, self.trees.mark)

    def rulebook(self, cache: Cache) -> "Rulebook":
        """Policy, tree and the book as it was last looked over."""
        from triage.rules.health import Rulebook

        return Rulebook(self.policy, self.tree, cache.book_context, self.memo)

    def assess_for(self, cache: Cache) -> Callable[[date | None], Assess]:
        """Return what makes, for a feed date, all rules over accounts: with rulebook and clock filled in."""

        def assess_on(complete_through: date | None) -> Assess:
            from triage.rules.assess import judge_all  # a command that only reads must not pay for the rules

            now, rules = self.clock(), self.rulebook(cache)

            def assess(some: Sequence[Subject]) -> Sequence[Judged]:
                return judge_all(some, rules, now, complete_through)

            return assess

        return assess_on

    def crew_for(self, cache: Cache) -> Callable[[], "Crew"]:
        """Return what makes helpers that judge as `assess_for` does, for many accounts at once."""

        def crew() -> "Crew":
            from triage.desk.crew import Crew, Orders  # only a large sync needs them

            return Crew(Orders(self.policy, self.tree, cache.book_context), self.clock)

        return crew
