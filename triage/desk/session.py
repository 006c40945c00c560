"""Where the work happens: one profile's files, one backend, one policy, one clock."""

import hashlib
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from data.account import Account
from data.assessment import Row, Touch
from data.backends.port import BillingBackend
from data.cache import Cache
from data.errors import SignedOut
from data.outbox import Outbox
from triage.policy import Policy
from triage.rules.assess import assess

Assess = Callable[[Account, Sequence[Touch]], Row]


@dataclass(frozen=True, slots=True)
class Place:
    """One profile: its backend, its two directories and its habits; times in seconds."""

    base_url: str
    profile: str
    state_dir: Path
    cache_dir: Path
    client: str
    hold_seconds: float = 10.0
    stale_after: float = 3600.0
    sync_every: float = 60.0
    read_only: bool = False
    log_file: Path | None = None


class TokenBox:
    """The token, looked for once (a keyring may take seconds) and kept in memory only."""

    def __init__(self, find: Callable[[], str | None], keep: Callable[[str], None]) -> None:
        self._find = find
        self._keep = keep
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

    def take(self, token: str, keep: bool) -> None:
        """Use another token from now on, and store it where tokens live if asked."""
        if keep:
            self._keep(token)
        with self._lock:
            self._token, self._looked = token, True

    @property
    def looked(self) -> bool:
        """False while nobody has looked for it yet."""
        return self._looked

    def mark(self) -> str | None:
        """A short one-way mark of the token, to tell whether the remembered identity is its owner's."""
        token = self.get()
        return hashlib.sha256(b"triage token mark\n" + token.encode()).hexdigest()[:16] if token else None


@dataclass(frozen=True, slots=True)
class Session:
    """A place with what the outside gives it: the policy, the clock, the token and the way to the backend."""

    place: Place
    policy: Policy
    clock: Callable[[], datetime]
    connect: Callable[[str, str], BillingBackend]
    token: "TokenBox"
    rng: random.Random = field(default_factory=random.Random)

    def open_cache(self) -> Cache:
        """Open cache.db for the calling thread."""
        return Cache.open(self.place.cache_dir, self.place.base_url)

    def open_outbox(self) -> Outbox:
        """Open outbox.db for the calling thread; OutboxDamaged says how to rescue it."""
        return Outbox.open(self.place.state_dir)

    def backend(self, token: str | None = None) -> BillingBackend:
        """Connect with the token we have; SignedOut where there is none."""
        token = token or self.token.get()
        if not token:
            raise SignedOut("Signed out. triage login signs in.")
        return self.connect(self.place.base_url, token)

    def assess_for(self, complete_through: date | None) -> Assess:
        """Return the at-risk rules over one account, with policy, clock and feed date filled in."""
        now, policy = self.clock(), self.policy

        def judge(account: Account, touches: Sequence[Touch]) -> Row:
            return assess(account, touches, policy, now, complete_through)

        return judge
