"""The routes of the contract, thin: read the request, ask the book, say the answer."""

from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from triage.sandbox import answers, chain, changes, events, store
from triage.sandbox.answers_account import Account
from triage.sandbox.codec import dumps, stamp
from triage.sandbox.permissions import Staff
from triage.sandbox.problems import MEDIA_TYPE, Problem, gone
from triage.sandbox.remedies import promotable
from triage.sandbox.service import Service

MAX_PAGE = 1000
_STREAM_PAGE = 256
_FAR = 2**53
_JSON = "application/json"
_NDJSON = "application/x-ndjson"


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}}
    known = {401: "Not signed in", 429: "Too many requests", 404: "Not found", 422: "Does not fit", 403: "Not allowed"}
    return {status: {"description": known.get(status, "Refused"), "content": content} for status in statuses}


open_router = APIRouter(prefix="/v1")
router = APIRouter(prefix="/v1", responses=_refusals(401, 429, 503))


def service_of(request: Request) -> Service:
    """The service behind the app."""
    found: Service = request.app.state.service
    return found


def signed_in(request: Request) -> Staff:
    """The staff member who asks."""
    return service_of(request).authenticate(request.headers.get("authorization"))


Book = Annotated[Service, Depends(service_of)]
Me = Annotated[Staff, Depends(signed_in)]


class Nothing(BaseModel):
    """No query parameters."""

    model_config = ConfigDict(extra="forbid")


class Window(Nothing):
    """Which part of a sequence."""

    after: int = Field(default=0, ge=0, le=_FAR)
    limit: int = Field(default=500, ge=1, le=MAX_PAGE)


class AuditWindow(Window):
    """Which part of the chain."""

    account_id: str | None = Field(default=None, min_length=1, max_length=200)


NoQuery = Annotated[Nothing, Query()]


def _json(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, headers, _JSON)


@open_router.get("/health", response_model=answers.Health)
def health(_query: NoQuery) -> Response:
    """The server is up; needs no token."""
    return _json(dumps({"status": "ok", "version": metadata.version("cs-triage")}))


@router.get("/me", response_model=answers.Me, responses=_refusals(422))
def me(staff: Me, book: Book, _query: NoQuery) -> Response:
    """Who is signed in and what they may do."""
    answer = {
        "staff_id": staff.staff_id,
        "name": staff.name,
        "email": staff.email,
        "role": staff.role,
        "permissions": staff.rights.permissions,
        "discount_limit": staff.rights.discount_limit,
        "server_time": stamp(book.clock.now(), micro=True),
    }
    return _json(dumps(answer))


@router.get(
    "/accounts",
    response_model=answers.AccountsPage,
    responses={
        200: {"content": {_NDJSON: {"schema": {"$ref": "#/components/schemas/Trailer"}}}},
        **_refusals(422),
    },
)
def accounts(request: Request, _staff: Me, book: Book, window: Annotated[Window, Query()]) -> Response:
    """A delta page by seq; as NDJSON the whole delta, an account a line, closed by the trailer line."""
    book.end_overdue()
    if _NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_stream(book, window.after), media_type=_NDJSON)
    with book.database.reading() as connection:
        rows = store.page(connection, window.after, window.limit + 1)
        epoch, through = store.epoch(connection), store.complete_through(connection)
        top = store.next_seq(connection) - 1
    more, rows = len(rows) > window.limit, rows[: window.limit]
    after = rows[-1][0] if rows else min(window.after, top)
    listed = ",".join(body for _, body in rows)
    tail = dumps({"next_after": after, "more": more, "complete_through": through})[1:]
    return _json(f'{{"epoch":{dumps(epoch)},"accounts":[{listed}],{tail}')


def _stream(book: Service, after: int) -> Iterator[str]:
    """Page by page in short read transactions; whatever changes meanwhile comes again under its new seq.

    The page that runs out and the trailer's `complete_through` stem from one snapshot.
    """
    count = 0
    while True:
        with book.database.reading() as connection:
            rows = store.page(connection, after, _STREAM_PAGE)
            epoch, through = store.epoch(connection), store.complete_through(connection)
            top = store.next_seq(connection) - 1
        count += len(rows)
        after = rows[-1][0] if rows else min(after, top)
        if rows:
            yield "\n".join(body for _, body in rows) + "\n"
        if len(rows) < _STREAM_PAGE:
            yield dumps({"epoch": epoch, "next_after": after, "count": count, "complete_through": through}) + "\n"
            return


@router.get("/accounts/{account_id}", response_model=Account, responses=_refusals(404, 422))
def account(account_id: str, _staff: Me, book: Book, _query: NoQuery) -> Response:
    """One account with its control version as ETag."""
    with book.fresh() as connection:
        found = store.get(connection, account_id)
    if found is None:
        raise gone("account")
    return _json(dumps(found), headers={"ETag": f'"cv-{found["version"]}"'})


@router.get("/workspaces/{workspace_id}/members", response_model=answers.Members, responses=_refusals(404, 422))
def members(workspace_id: str, _staff: Me, book: Book, _query: NoQuery) -> Response:
    """A workspace's members, those who can become admin first."""
    with book.fresh() as connection:
        found = store.members_of(connection, workspace_id)
    if found is None:
        raise gone("workspace")
    return _json(dumps({"members": sorted(found, key=lambda member: not promotable(member))}))


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        raise Problem(415, "unsupported-media-type", "Not JSON", f"Send {_JSON}.")
    return await request.body()


@router.post(
    "/changes",
    status_code=201,
    response_model=answers.Applied,
    responses={
        200: {"model": answers.Applied, "description": "A replay, with Idempotent-Replayed: true"},
        **_refusals(400, 403, 404, 408, 409, 412, 413, 415, 422, 428),
    },
)
def change(
    staff: Me,
    book: Book,
    _query: NoQuery,
    raw: Annotated[bytes, Depends(_body)],
    idempotency_key: Annotated[str | None, Header()] = None,
    if_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Apply a change exactly once; remedies need If-Match."""
    request = changes.Request(staff, raw, idempotency_key, if_match, book.clock.now())
    stored = changes.submit(book.database, book.signer, request)
    headers = {"ETag": f'"cv-{stored.version}"', **({"Idempotent-Replayed": "true"} if stored.replayed else {})}
    return _json(stored.result, 200 if stored.replayed else 201, headers)


@router.get("/changes/{change_id}", response_model=answers.Outcome, responses=_refusals(404, 422))
def outcome(change_id: str, staff: Me, book: Book, _query: NoQuery) -> Response:
    """What became of one's own change: applied, with its receipt, or 404."""
    with book.fresh() as connection:
        stored = changes.outcome(connection, change_id, staff)
    return _json('{"outcome":"applied",' + stored.result[1:])


@router.get("/audit", response_model=answers.AuditPage, responses=_refusals(422))
def audit(_staff: Me, book: Book, window: Annotated[AuditWindow, Query()]) -> Response:
    """A part of the audit chain, of the whole book or of one account."""
    narrowed = "" if window.account_id is None else "account_id = ? AND"
    values: Sequence[object] = [] if window.account_id is None else [window.account_id]
    query = f"SELECT seq, raw, prev_hash, hash FROM audit WHERE {narrowed} seq > ? ORDER BY seq LIMIT ?"
    with book.fresh() as connection:
        rows = connection.execute(query, (*values, window.after, window.limit + 1)).fetchall()
        top = chain.head(connection).seq
    more, rows = len(rows) > window.limit, rows[: window.limit]
    after = rows[-1]["seq"] if rows else min(window.after, top)
    listed = ",".join(chain.served(row) for row in rows)
    return _json(f'{{"entries":[{listed}],"next_after":{after},"more":{dumps(more)}}}')


@router.get("/audit/head", response_model=answers.Head, responses=_refusals(422))
def audit_head(_staff: Me, book: Book, _query: NoQuery) -> Response:
    """The signed end of the chain."""
    with book.fresh() as connection:
        link = chain.head(connection)
    signed = {"seq": link.seq, "hash": link.hash, "signature": book.signer.sign(link), "key_id": book.signer.key_id}
    return _json(dumps(signed))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {events.MEDIA_TYPE: {"schema": {"type": "string"}}}}, **_refusals(422)},
)
async def changed(_staff: Me, book: Book, _query: NoQuery) -> Response:
    """Server-sent events from now on: `account-changed` (AccountChanged), `audit-appended` (AuditAppended)."""
    return StreamingResponse(
        events.stream(book),
        media_type=events.MEDIA_TYPE,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/keys", response_model=list[answers.Key], responses=_refusals(422))
def keys(_staff: Me, book: Book, _query: NoQuery) -> Response:
    """The public keys that sign the head."""
    return _json(dumps([{"key_id": book.signer.key_id, "public_key": book.signer.public_key}]))
