"""Errors as RFC 9457 problem+json: one exception, one renderer, and the handlers that catch everything else."""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from triage.sandbox.codec import dumps

MEDIA_TYPE = "application/problem+json"
_CHANGE_ID = re.compile(r"[0-9a-f-]{36}")
_TITLES = {400: "Bad request", 404: "Not found", 405: "Method not allowed"}


class Problem(Exception):
    """A refusal with its status, stable type slug, title, sentence, field errors and extra members."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"type": slug, "title": title, "status": status, "detail": detail, **extra}
        if errors:
            self.body["errors"] = [{"pointer": pointer, "message": message} for pointer, message in errors]

    def response(self) -> Response:
        """The answer that carries this problem."""
        return Response(dumps(self.body), self.status, self.headers, MEDIA_TYPE)


def rule(pointer: str, sentence: str) -> Problem:
    """A business rule refuses: 422 `rule` with the sentence shown and the parameter it is about."""
    return Problem(422, "rule", "A rule refuses this change", sentence, errors=[(pointer, sentence)])


def invalid(errors: Sequence[tuple[str, str]]) -> Problem:
    """Fields that don't fit the contract: 422 `invalid`."""
    sentence = "; ".join(f"{pointer or '/'}: {message}" for pointer, message in errors[:5])
    return Problem(422, "invalid", "The request does not fit the contract", sentence, errors=errors)


def malformed(sentence: str, pointer: str | None = None) -> Problem:
    """Not even readable: 400 `malformed`."""
    return Problem(400, "malformed", "Bad request", sentence, errors=[(pointer, sentence)] if pointer else [])


def gone(what: str) -> Problem:
    """404 `not-found`."""
    return Problem(404, "not-found", "Not found", f"There is no such {what}.")


def forbidden(permission: str, sentence: str) -> Problem:
    """403 naming the permission that is missing."""
    return Problem(403, "forbidden", "Not allowed", sentence, permission=permission)


def pointers(errors: Sequence[Any], base: str = "") -> list[tuple[str, str]]:
    """Pydantic's errors as (JSON pointer, message)."""
    return [(base + "".join(f"/{part}" for part in error["loc"]), str(error["msg"])) for error in errors]


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    response = error.response()
    about = request.headers.get("idempotency-key") or request.path_params.get("change_id", "")
    if _CHANGE_ID.fullmatch(about):
        # a refusal names the change it is about, so that nobody takes an answer that went astray for a verdict
        response.headers["Idempotency-Key"] = about
    return response


async def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "Refused")
    slug = title.lower().replace(" ", "-")
    sentence = {404: "There is no such route.", 405: "This route does not know that method."}.get(
        error.status_code, "The request was refused."
    )
    return Problem(error.status_code, slug, title, sentence, headers=error.headers).response()


async def _on_query(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [{**one, "loc": one["loc"][1:] or one["loc"]} for one in error.errors()]
    return invalid(pointers(found)).response()


async def _on_busy(_request: Request, _error: Exception) -> Response:
    sentence = "The book cannot be reached right now."
    return Problem(503, "unavailable", "Unavailable", sentence, headers={"Retry-After": "1"}).response()


async def _on_anything(_request: Request, _error: Exception) -> Response:
    # the connection ends with a failure, and the client must not send its next request into its last breath
    headers = {"Connection": "close"}
    return Problem(
        500, "internal", "Internal error", "The server failed; its log knows more.", headers=headers
    ).response()


def install(app: FastAPI) -> None:
    """Make every refusal and failure of `app` speak problem+json."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_query)
    app.add_exception_handler(sqlite3.OperationalError, _on_busy)
    app.add_exception_handler(Exception, _on_anything)
