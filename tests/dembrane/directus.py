"""The identity provider: sign-in, single-use refresh tokens, and the users' last access."""

import json
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any

from dembrane import tokens
from dembrane.book import Book, Person, Staff
from dembrane.clock import Clock, short
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

Json = dict[str, Any]
REFRESH_DAYS = 7
DEFAULT_LIMIT = 100


class Refused(Exception):
    """An answer in Directus' own form."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> JSONResponse:
        """`{"errors": [...]}`."""
        error = {"message": self.message, "extensions": {"code": self.code}}
        return JSONResponse({"errors": [error]}, status_code=self.status)


async def refused(_request: Request, error: Exception) -> JSONResponse:
    """The handler of Refused."""
    assert isinstance(error, Refused)
    return error.response()


class Sessions:
    """Who is signed in; refresh tokens are gone as soon as they are shown."""

    def __init__(self, book: Book, clock: Clock, signer: tokens.Signer) -> None:
        self.book, self.clock, self.signer = book, clock, signer
        self._refresh: dict[str, tuple[Staff, datetime]] = {}

    def access(self, staff: Staff, minutes: float = tokens.MINUTES) -> str:
        """A fresh access token."""
        claims = {
            "id": staff.directus_id,
            "role": "staff" if staff.admin_access else "customer",
            "app_access": True,
            "admin_access": staff.admin_access,
        }
        return self.signer.sign(claims, self.clock.now() + timedelta(minutes=minutes))

    def pair(self, staff: Staff) -> Json:
        """Both tokens of a new session; `expires` in milliseconds."""
        refresh = secrets.token_urlsafe(48)
        self._refresh[refresh] = (staff, self.clock.now() + timedelta(days=REFRESH_DAYS))
        data = {"access_token": self.access(staff), "refresh_token": refresh, "expires": tokens.MINUTES * 60_000}
        return {"data": data}

    def spend(self, refresh: str) -> Staff:
        """Whose refresh token it was; Refused when it has been used, has run out, or never was one."""
        staff, until = self._refresh.pop(refresh, (None, self.clock.now()))
        if staff is None or until <= self.clock.now():
            raise Refused(401, "INVALID_CREDENTIALS", "Invalid user credentials.")
        return staff

    def holder(self, token: str) -> Staff:
        """Whose access token it is; tokens.Bad otherwise."""
        claims = self.signer.read(token, self.clock.now())
        found = next((one for one in self.book.staff.values() if one.directus_id == claims["id"]), None)
        if found is None:
            raise tokens.Bad
        return found


async def _body(request: Request) -> Json:
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "INVALID_PAYLOAD", "Invalid payload.")
    return body


def routes(sessions: Sessions) -> APIRouter:
    """The routes of the identity provider."""
    router = APIRouter()

    @router.post("/auth/login")
    async def login(request: Request) -> Json:
        body = await _body(request)
        staff = sessions.book.staff.get(str(body.get("email")))
        if staff is None or staff.password != body.get("password"):
            raise Refused(401, "INVALID_CREDENTIALS", "Invalid user credentials.")
        if staff.otp is not None and staff.otp != body.get("otp"):
            raise Refused(401, "INVALID_OTP", "Invalid user OTP.")
        return sessions.pair(staff)

    @router.post("/auth/refresh")
    async def refresh(request: Request) -> Json:
        return sessions.pair(sessions.spend(str((await _body(request)).get("refresh_token"))))

    @router.get("/users")
    async def users(
        request: Request, fields: str = "*", limit: int = DEFAULT_LIMIT, page: Annotated[int, Query(ge=1)] = 1
    ) -> Json:
        try:
            reader = sessions.holder(request.headers.get("authorization", "").removeprefix("Bearer "))
        except tokens.Bad as bad:
            code = "TOKEN_EXPIRED" if bad.expired else "INVALID_TOKEN"
            raise Refused(401, code, "Token expired." if bad.expired else "Invalid token.") from bad
        if not reader.reads_users:
            raise Refused(403, "FORBIDDEN", "You don't have permission to access this.")
        wanted = _filter(dict(request.query_params))
        found = [_user(one) for one in sessions.book.people.values()]
        found = [one for one in found if all(one[key] in values for key, values in wanted.items())]
        if limit >= 0:
            found = found[(page - 1) * limit : page * limit]
        keys = None if fields == "*" else fields.split(",")
        return {"data": [one if keys is None else {key: one[key] for key in keys if key in one} for one in found]}

    return router


def _user(person: Person) -> Json:
    first, _, last = person.display_name.partition(" ")
    return {
        "id": person.directus_id,
        "first_name": first,
        "last_name": last,
        "email": person.email,
        "status": "active",
        "last_access": short(person.last_access),
    }


def _filter(query: dict[str, str]) -> dict[str, set[str]]:
    """`filter[field][_in]=a,b`, `filter[field][_eq]=a`, or the same as one JSON text."""
    asked: dict[str, dict[str, Any]] = json.loads(query.get("filter", "{}"))
    for key, value in query.items():
        if key.startswith("filter["):
            name, operator = key.removeprefix("filter[").rstrip("]").split("][")
            asked.setdefault(name, {})[operator] = value.split(",") if operator == "_in" else value
    wanted = {}
    for name, operators in asked.items():
        ((operator, value),) = operators.items()
        if name not in ("id", "email") or operator not in ("_in", "_eq"):
            raise Refused(400, "INVALID_QUERY", "Invalid query.")
        wanted[name] = set(value) if operator == "_in" else {value}
    return wanted
