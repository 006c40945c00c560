"""The dembrane backend: the staff API behind the port; a delta, versions and logins it does not have are made here."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from data.account import Account, Member, Value
from data.backends.dembrane_delta import Delta, Journal, batches, numbered
from data.backends.dembrane_guard import refuse_degraded, vitals
from data.backends.dembrane_http import MAX_ROLLUP, Params, Wire, raise_unless_ok
from data.backends.dembrane_join import Beyond, hours_by_account, join, month_of, of_account
from data.backends.dembrane_logins import LastAccess
from data.backends.dembrane_manners import KEEPS, MANNERS
from data.backends.dembrane_months import ClosedMonths
from data.backends.dembrane_requests import KINDS
from data.backends.dembrane_shapes import (
    AtRisk,
    Me,
    Rollup,
    Seat,
    at_risk_decoder,
    me_decoder,
    rollup_decoder,
    seats_decoder,
)
from data.backends.dembrane_signin import SignedIn, directus_wire
from data.backends.dembrane_told import ToldTiers
from data.backends.dembrane_writing import TIMEOUT as WRITE_TIMEOUT
from data.backends.dembrane_writing import Reading, Writing
from data.backends.native_http import MAX_ANSWER, Answered, checked_url, read_json, reading
from data.backends.port import (
    Answer,
    AuditPage,
    Batch,
    Capabilities,
    Found,
    Head,
    Item,
    Submission,
)
from data.errors import BadAnswer, Gone, NotAllowed
from data.identity import Identity
from data.remedy import PERMISSIONS
from data.safe_text import safe_text
from data.steps import Steps
from data.token_pair import Keeper

API = "/api/v2"
TIMEOUT = 30.0
WHOLE_ANSWER = 60.0
UNSEATED = ("external", "observer")
ADMINS = ("owner", "admin")
NO_TRAIL = "dembrane keeps no audit trail that can be read: triage keeps its own."


class Options(Value, frozen=True):
    """What a profile adds: where Directus is, and where journal, months and the lock of the sign-in lie."""

    directus_url: str | None
    state_dir: Path
    cache_dir: Path


def utc_now() -> datetime:
    """The wall clock; the month of the rollup is told by it."""
    return datetime.now(UTC)


class DembraneBackend:
    """`BillingBackend` over dembrane's staff API; ConfigError for a URL that is neither https nor loopback.

    `timeout` in seconds is for each wait on the network, `patience` for an answer as a whole; `writes` are both for a
    write. `steps` hears of every step of a write's connection.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        options: Options,
        keeper: Keeper | None = None,
        *,
        timeout: float = TIMEOUT,
        patience: float = WHOLE_ANSWER,
        writes: tuple[float, float] = (WRITE_TIMEOUT, WRITE_TIMEOUT),
        clock: Callable[[], datetime] = utc_now,
        steps: Steps | None = None,
    ) -> None:
        self.base_url = checked_url(base_url)
        self._wire = Wire(self.base_url.removesuffix(API) + API, timeout, patience)
        self._directus = directus_wire(options.directus_url) if options.directus_url else None
        self._signed_in = SignedIn(token, self._directus, keeper, options.state_dir)
        self._logins = LastAccess(self._directus, options.cache_dir, self.base_url)
        self._months = ClosedMonths(options.cache_dir, self.base_url)
        self._delta = Delta(options.cache_dir, self.base_url)
        self._clock = clock
        self._told = ToldTiers(options.cache_dir, self.base_url)
        self._write_wire = Wire(self._wire.base_url, *writes, steps)
        reading = Reading(self._sound_book, self._of_book, self.members)
        self._writing = Writing(self._write_wire, self._signed_in, self._told, reading, clock)

    def __repr__(self) -> str:
        return f"DembraneBackend({self.base_url!r})"

    def close(self) -> None:
        """Close connections."""
        self._wire.close()
        self._write_wire.close()
        if self._directus is not None:
            self._directus.close()

    @property
    def capabilities(self) -> Capabilities:
        """What this backend offers, and what it lacks in words; logins only where an identity provider tells them."""
        lacks = (
            "tells no repetition of a change from a new one: one that got no answer is never sent again by itself",
            "has no versions: whether a colleague was quicker is seen only by what changed between two syncs",
            NO_TRAIL.removeprefix("dembrane "),
            "has no health signals and no hours by day: no monitor, no projection",
            "tells how recently administrators were there, not how often"
            if self._logins.told
            else f"tells no admin logins: {self._logins.why}",
        )
        return Capabilities(
            delta=False,
            idempotent=False,
            versions=False,
            audit=False,
            logins=self._logins.told,
            signals=False,
            kinds=KINDS,
            lacks=lacks,
            keeps=KEEPS,
            manners=MANNERS,
        )

    # --- the connection ---
    def _ask(self, path: str, params: Params | None = None, most: int = MAX_ANSWER) -> Answered:
        """GET; a token that has run out is renewed once."""
        with reading(self._wire.host):
            bearer = self._signed_in.bearer
            answered = self._wire.ask("GET", path, bearer, params=params, most=most)
            if answered.status == 401 and self._signed_in.renew(bearer, self._clock()):
                answered = self._wire.ask("GET", path, self._signed_in.bearer, params=params, most=most)
        raise_unless_ok(answered, self._wire.host, self._clock())
        return answered

    def _get(
        self, path: str, using: "msgspec.json.Decoder[Any]", params: Params | None = None, most: int = MAX_ANSWER
    ) -> Any:
        return read_json(self._ask(path, params, most), self._wire.host, using)

    # --- reading ---
    def identity(self) -> Identity:
        """Who the token belongs to; NotAllowed for somebody who is no staff, because no route would answer them."""
        answered = self._ask("/me")
        me: Me = read_json(answered, self._wire.host, me_decoder)
        staff_id = me.directus_user_id or me.id
        if staff_id is None:
            raise BadAnswer(f"{self._wire.host} does not say whose token this is.")
        if not me.is_staff:
            raise NotAllowed(f"{me.email or staff_id} is no staff at {self._wire.host}: sign in as somebody who is.")
        return Identity(
            staff_id=staff_id,
            name=me.email or safe_text(staff_id),
            email=me.email,
            role=safe_text("staff"),
            permissions=tuple(safe_text(name) for name in dict.fromkeys(PERMISSIONS[kind] for kind in KINDS)),
            discount_limit=None,
            server_time=_date(answered),
        )

    def accounts(self, cursor: int | None, decode_first: int | None = None) -> Iterator[Batch]:
        """The delta after `cursor`, all decoded; Degraded, before any batch, when the book looks like an outage."""
        with self._delta.locked():
            accounts, journal = self._book(cursor is not None)
        yield from batches(journal, accounts, cursor)

    def account(self, account_id: str) -> Item:
        """One account as it is now; Gone when the rollup has none of that id."""
        with self._delta.locked():
            accounts, journal = self._book(self._delta.journal().vitals is not None)
        for account in accounts:
            if account.id == account_id:
                return numbered(account, journal.marks[account_id])
        raise Gone(f"{self._wire.host} has no account {account_id}.")

    def _book(self, compared: bool) -> tuple[list[Account], Journal]:
        """Fetch the whole book, refuse what looks like an outage, and number what changed."""
        now = self._clock()
        begun = time.monotonic()
        rollup = self._rollup(0)
        took = time.monotonic() - begun
        at_risk: tuple[AtRisk, ...] = self._get("/admin/at-risk", at_risk_decoder)
        signs = vitals(rollup, at_risk, month_of(now), took)
        before = self._delta.journal().vitals if compared else None
        refuse_degraded(signs, before, lambda: not any(hours_by_account(self._rollup(-1)).values()), self._wire.host)
        # The first sync of a book does without the closed months: a dozen books would keep a person waiting.
        months = self._months.fetch(now, self._rollup) if compared else self._months.known()
        beyond = Beyond(self._logins.read(rollup, self._signed_in.bearer, now), months)
        accounts = self._told.applied_to(join(rollup, at_risk, beyond, now), now)
        return accounts, self._delta.advance(accounts, now, signs)

    def _sound_book(self) -> Rollup:
        """The rollup alone; Degraded when it looks like an outage."""
        begun = time.monotonic()
        rollup = self._rollup(0)
        signs = vitals(rollup, None, month_of(self._clock()), time.monotonic() - begun)
        before = self._delta.journal().vitals
        refuse_degraded(signs, before, lambda: not any(hours_by_account(self._rollup(-1)).values()), self._wire.host)
        return rollup

    def _of_book(self, rollup: Rollup, account_id: str) -> Account:
        """One account of a rollup; Gone."""
        alone = of_account(rollup, account_id)
        for account in self._told.applied_to(join(alone, (), Beyond(), self._clock()), self._clock()):
            return account
        raise Gone(f"{self._wire.host} has no account {account_id}.")

    def _rollup(self, offset: int) -> Rollup:
        found: Rollup = self._get("/admin/billing-rollup", rollup_decoder, {"month_offset": offset}, MAX_ROLLUP)
        return found

    def members(self, workspace_id: str) -> tuple[Member, ...]:
        """The members of a workspace, promotable first; an unknown workspace has none."""
        seats: tuple[Seat, ...] = self._get(f"/admin/workspaces/{quote(workspace_id, safe='')}/members", seats_decoder)
        made = [
            Member(
                membership_id=one.membership_id,
                user_id=one.user_id,
                name=one.display_name or one.email or safe_text(one.user_id),
                email=one.email or None,
                role=one.role or safe_text("member"),
                reachable=bool(one.email),
            )
            for one in seats
        ]
        return tuple(sorted(made, key=lambda one: (one.role in UNSEATED) + 2 * (one.role in ADMINS)))

    # --- writing ---
    def submit(self, submission: Submission) -> Answer:
        """Send a change once, after a last look at the account; there is no key by which a second one would be known.

        Moved412 and RefusedByRule may come from that look: dembrane itself guards nothing.
        """
        return self._writing.submit(submission)

    def outcome(self, sent: Submission) -> Found:
        """Read back what became of a change: no record of single changes is kept."""
        return self._writing.outcome(sent)

    # --- what this backend does not have ---
    def audit(self, after: int) -> Iterator[AuditPage]:
        """Gone: there is no trail."""
        raise Gone(NO_TRAIL)

    def head(self) -> Head:
        """Gone: there is no trail."""
        raise Gone(NO_TRAIL)

    def keys(self) -> dict[str, str]:
        """Nothing is signed."""
        return {}


def _date(answered: Answered) -> datetime | None:
    """The server's time from its Date header, None where it sends none that can be read."""
    try:
        told = parsedate_to_datetime(answered.headers.get("date", ""))
    except (ValueError, TypeError, IndexError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
