"""The native backend: the Triage Billing API over HTTP."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from data.account import Entry, Member, Value
from data.backends.native_answers import applied, astray, one_try, ours_of, to_answer
from data.backends.native_body import decoded
from data.backends.native_delta import (
    Collector,
    PageBody,
    page_batch,
    page_decoder,
    page_shape,
    read_account,
    stream_batches,
)
from data.backends.native_events import NativeEvents
from data.backends.native_http import (
    JSON,
    NDJSON,
    Answered,
    checked_url,
    make_client,
    media_type,
    problem_of,
    raise_unless_ok,
    read_all,
    read_json,
    reading,
)
from data.backends.native_patience import lift
from data.backends.port import (
    Answer,
    Applied,
    AuditPage,
    Batch,
    Capabilities,
    Head,
    Item,
    NeverSent,
    NotThere,
    NoVerdict,
    Submission,
    TokenRefused,
)
from data.errors import BadAnswer
from data.identity import Identity
from data.remedy import RECORDS, REMEDIES
from data.steps import Steps
from data.wire import decoder, safe_tree

PAGE = 1000
ACCOUNTS_A_PAGE = 250
TIMEOUT = 30.0
WHOLE_ANSWER = 60.0
CAPABILITIES = Capabilities(
    delta=True, idempotent=True, versions=True, audit=True, logins=True, signals=True, kinds=REMEDIES + RECORDS
)


class Key(Value, frozen=True):
    """One public key of `GET /v1/keys`."""

    key_id: str
    public_key: str


class MembersBody(Value, frozen=True):
    """`GET /v1/workspaces/{id}/members`."""

    members: tuple[Member, ...]


_identity = decoder(Identity)
_members = decoder(MembersBody)
_audit = decoder(AuditPage)
_head = decoder(Head)
_keys = decoder(tuple[Key, ...])


def utc_now() -> datetime:
    """The wall clock, needed for nothing but a Retry-After that is a date."""
    return datetime.now(UTC)


class NativeBackend:
    """`BillingBackend` over one keep-alive HTTP client; ConfigError for a URL that is neither https nor loopback.

    `timeout` in seconds is for each wait on the network; an answer must be complete within `patience` seconds, and so
    must a line of the stream of accounts.
    """

    capabilities = CAPABILITIES

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = TIMEOUT,
        patience: float = WHOLE_ANSWER,
        clock: Callable[[], datetime] = utc_now,
        steps: Steps | None = None,
    ) -> None:
        self.base_url = checked_url(base_url)
        self._host = urlsplit(self.base_url).netloc
        self._client = make_client(self.base_url, token, timeout, patience, steps)
        self._patience = patience
        self._clock = clock

    def __repr__(self) -> str:
        return f"NativeBackend({self.base_url!r})"

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    # --- reading ---
    def _get(self, path: str, using: "msgspec.json.Decoder[Any]", **params: int | str | None) -> Any:
        answered = self._fetch(path, {name: value for name, value in params.items() if value is not None})
        raise_unless_ok(answered, self._host, self._clock())
        return read_json(answered, self._host, using)

    def _fetch(self, path: str, params: dict[str, int | str]) -> Answered:
        deadline = time.monotonic() + self._patience
        with reading(self._host), self._client.stream("GET", path, params=params, headers={"Accept": JSON}) as response:
            return read_all(response, deadline)

    def identity(self) -> Identity:
        """Who the token belongs to."""
        found: Identity = self._get("/v1/me", _identity)
        return found

    def account(self, account_id: str) -> Item:
        """One account as it is now; Gone when the server has none of that id."""
        answered = self._fetch(f"/v1/accounts/{quote(account_id, safe='')}", {})
        raise_unless_ok(answered, self._host, self._clock())
        if answered.media_type != JSON:
            raise BadAnswer(f"{self._host} sent no JSON: is a proxy or a sign-in page in between?")
        item = read_account(answered.body)
        if item.account.id != account_id:
            raise BadAnswer(f"{self._host} answered with another account.")
        return item

    def members(self, workspace_id: str) -> tuple[Member, ...]:
        """The members of a workspace, promotable first."""
        found: MembersBody = self._get(f"/v1/workspaces/{quote(workspace_id, safe='')}/members", _members)
        return found.members

    def events(self) -> NativeEvents:
        """Word of changes, on a connection of its own."""
        return NativeEvents(self._client, self._host, self._patience, self._clock)

    def head(self) -> Head:
        """The signed head of the audit chain."""
        found: Head = self._get("/v1/audit/head", _head)
        return found

    def keys(self) -> dict[str, str]:
        """Public Ed25519 keys by key id, base64."""
        return {key.key_id: key.public_key for key in self._get("/v1/keys", _keys)}

    def audit(self, after: int) -> Iterator[AuditPage]:
        """The audit trail after `seq`, page by page; texts below `before` and `after` are safe as well."""
        more = True
        while more:
            page: AuditPage = self._get("/v1/audit", _audit, after=after, limit=PAGE)
            if page.more and (page.next_after <= after or not page.entries):
                raise BadAnswer(f"{self._host} says that more audit entries follow, but leads nowhere.")
            after, more = page.next_after, page.more
            yield msgspec.structs.replace(page, entries=tuple(map(_made_safe, page.entries)))

    def accounts(self, cursor: int | None, decode_first: int | None = None) -> Iterator[Batch]:
        """The delta after `cursor` in batches of about 1,000; Offline when it was cut before its trailer.

        Accounts after the first `decode_first` are left undecoded. A first page of one account tells the epoch, which a
        stream names only in its trailer.
        """
        page = self._page(cursor, 1)
        gathered = Collector(page.epoch, cursor, page.complete_through, decode_first)
        if not page.more:
            yield page_batch(page, gathered)
            return
        if cursor is None and page.accounts:  # whoever begins a book does so before the stream is open
            yield page_batch(page, gathered)
            cursor = gathered.cursor
            gathered = Collector(page.epoch, cursor, page.complete_through, decode_first)
        params = {} if cursor is None else {"after": cursor}
        streamed = self._client.stream("GET", "/v1/accounts", params=params, headers={"Accept": NDJSON})
        with reading(self._host), streamed as response:
            if response.status_code == 200 and media_type(response.headers) == NDJSON:
                lift(response)
                yield from stream_batches(self._chunks(response), gathered, self._patience)
                return
            answered = read_all(response, time.monotonic() + self._patience)
        raise_unless_ok(answered, self._host, self._clock())
        yield from self._pages(cursor, gathered)

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        with reading(self._host):
            yield from decoded(response)

    def _page(self, cursor: int | None, limit: int) -> PageBody:
        """Ask for a page of accounts; its items are counted before they are kept."""
        params: dict[str, int | str] = {"limit": limit} if cursor is None else {"after": cursor, "limit": limit}
        answered = self._fetch("/v1/accounts", params)
        raise_unless_ok(answered, self._host, self._clock())
        read_json(answered, self._host, page_shape)
        page: PageBody = read_json(answered, self._host, page_decoder)
        return page

    def _pages(self, cursor: int | None, gathered: Collector) -> Iterator[Batch]:
        """The same delta for a server that offers no stream."""
        while True:
            batch = page_batch(self._page(cursor, ACCOUNTS_A_PAGE), gathered)
            yield batch
            if batch.last:
                return
            cursor = batch.cursor

    # --- writing ---
    def submit(self, submission: Submission) -> Answer:
        """Send a change once; NeverSent only where the connection failed before a byte of the request could leave."""
        headers = {"Idempotency-Key": submission.change_id, "Content-Type": JSON, "Accept": f"{JSON}, */*;q=0.1"}
        if submission.if_match is not None:
            headers["If-Match"] = f'"cv-{submission.if_match}"'
        answered = self._ask("POST", "/v1/changes", headers, submission.body)
        if not isinstance(answered, Answered):
            return answered
        return to_answer(answered, ours_of(submission.body), self._clock())

    def outcome(self, sent: Submission) -> Applied | NotThere | NoVerdict | TokenRefused:
        """What became of a change; NotThere only for a 404 as problem+json."""
        change_id = sent.change_id
        answered = self._ask("GET", f"/v1/changes/{quote(change_id, safe='')}", {"Accept": JSON}, None)
        if not isinstance(answered, Answered):
            return NoVerdict(answered.why)
        if answered.status == 200:
            return applied(answered, change_id, None)
        problem = None if astray(answered, change_id) else problem_of(answered)
        if problem and answered.status == 404:
            return NotThere(problem.sentence)
        if problem and answered.status == 401:
            return TokenRefused(problem.sentence)
        return NoVerdict(f"{self._host} answered {answered.status}: nothing is known yet.")

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> Answered | NeverSent | NoVerdict:
        deadline = time.monotonic() + self._patience

        def ask() -> Answered:
            with self._client.stream(method, path, headers=headers, content=body) as response:
                return read_all(response, deadline)

        return one_try(self._host, ask)


def _made_safe(entry: Entry) -> Entry:
    """Make the texts of `before` and `after` safe."""
    return msgspec.structs.replace(entry, before=safe_tree(entry.before), after=safe_tree(entry.after))
