"""The staff API: reading routes, who may ask, and errors in its own forms."""

import asyncio
from typing import Annotated, Any

from dembrane import rollup, tokens
from dembrane.book import Staff
from dembrane.state import State
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

Json = dict[str, Any]
PREFIX = "/api/v2"
COOKIE = "directus_session_token"


def state_of(request: Request) -> State:
    """The double's state."""
    found: State = request.app.state.double
    return found


async def session(request: Request) -> Staff:
    """Whose token it is; a cookie beats the header, and one answer serves for every fault of a token."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = request.cookies.get(COOKIE) or (bearer if scheme == "Bearer" else "")
    try:
        return state_of(request).sessions.holder(token)
    except tokens.Bad as bad:
        raise HTTPException(401, "Invalid session") from bad


Session = Annotated[Staff, Depends(session)]


def staff_only(who: Staff) -> None:
    """The one gate; the routes call it themselves, so that validation comes first."""
    if not who.admin_access:
        raise HTTPException(403, "Staff-only")


def reading() -> APIRouter:
    """Everything that only reads."""
    router = APIRouter(prefix=PREFIX)

    @router.get("/me")
    async def me(who: Session) -> Json:
        return {"id": who.id, "directus_user_id": who.directus_id, "email": who.email, "is_staff": who.admin_access}

    @router.get("/admin/billing-rollup")
    async def billing_rollup(
        request: Request, who: Session, month_offset: Annotated[int, Query(ge=-12, le=0)] = 0
    ) -> Response:
        staff_only(who)
        state = state_of(request)
        await asyncio.sleep(state.slow)
        return Response(state.rollup(month_offset), media_type="application/json")

    @router.get("/admin/at-risk")
    async def at_risk(request: Request, who: Session) -> Response:
        staff_only(who)
        state = state_of(request)
        await asyncio.sleep(state.slow)
        return JSONResponse(rollup.at_risk(state.book, state.view()))

    @router.get("/admin/workspaces/{workspace_id}/members")
    async def members(request: Request, who: Session, workspace_id: str) -> list[Json]:
        staff_only(who)
        workspace = state_of(request).book.workspaces.get(workspace_id)
        return [
            {
                "membership_id": one.membership_id,
                "user_id": one.person.user_id,
                "display_name": one.person.display_name,
                "email": one.person.email,
                "role": one.role,
            }
            for one in (workspace.members if workspace else [])
        ]

    return router


async def invalid(request: Request, error: Exception) -> JSONResponse:
    """422 as an array that echoes what was sent."""
    assert isinstance(error, RequestValidationError)
    detail = [{key: one.get(key) for key in ("type", "loc", "msg", "input")} for one in error.errors()]
    return JSONResponse({"detail": jsonable_encoder(detail)}, status_code=422)


def app(state: State, *routers: APIRouter) -> FastAPI:
    """An application over the double's state; no documentation routes."""
    made = FastAPI(openapi_url=None, exception_handlers={RequestValidationError: invalid})
    made.state.double = state
    for router in routers:
        made.include_router(router)
    return made
