"""The ASGI application: routes, problem+json, limits, compression, and faults around it all."""

from collections.abc import Callable
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter, create_model
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp

from triage.sandbox import answers, problems, routes
from triage.sandbox.compression import Compression
from triage.sandbox.faults import Faults, Misbehaviour
from triage.sandbox.limits import BODY_SECONDS, BodyLimit
from triage.sandbox.models import CHANGE_ID, PARAMETERS, TAG, Change, Word
from triage.sandbox.permissions import REMEDIES
from triage.sandbox.service import Service

_ON_WORKSPACE = frozenset({"reset_usage", "change_admin"})
_REF = "#/components/schemas/{model}"


def create_app(service: Service) -> FastAPI:
    """The application without its outer layers."""
    app = bare_app()
    app.state.service = service
    return app


def bare_app() -> FastAPI:
    """The routes and the error handlers, without a book: enough to write the OpenAPI document."""
    app = FastAPI(
        title="Triage Billing API", version="1", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.include_router(routes.open_router)
    app.include_router(routes.router)
    problems.install(app)
    return app


def layered(service: Service, faults: Faults | None = None, body_seconds: float = BODY_SECONDS) -> ASGIApp:
    """What is served: faults outermost, then compression, the body limit and the application."""
    app: ASGIApp = Compression(BodyLimit(create_app(service), body_seconds))
    return Misbehaviour(app, faults) if faults else app


def openapi() -> dict[str, Any]:
    """The OpenAPI document, from the server's own models: one schema of a change per kind."""
    app = bare_app()
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    unrouted = (
        answers.ProblemAnswer,
        answers.Trailer,
        answers.Tombstone,
        answers.AccountChanged,
        answers.AuditAppended,
    )
    said = [(model, "serialization") for model in unrouted]
    _, more = models_json_schema(said, ref_template=_REF)  # type: ignore[arg-type]
    schemas |= more["$defs"]
    kinds = {kind: _change_model(kind) for kind in PARAMETERS}
    for kind, model in kinds.items():
        schema = TypeAdapter(model).json_schema(ref_template=_REF)
        schemas |= schema.pop("$defs", {})
        schemas[_name(kind)] = schema
    mapping = {kind: f"#/components/schemas/{_name(kind)}" for kind in kinds}
    one_of = [{"$ref": ref} for ref in mapping.values()]
    schemas["Change"] = {"oneOf": one_of, "discriminator": {"propertyName": "kind", "mapping": mapping}}
    posted = document["paths"]["/v1/changes"]["post"]
    posted["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}},
    }
    _headers(posted["parameters"])
    schemas["ProblemAnswer"].pop("additionalProperties", None)
    _secure(document)
    return document


def _headers(parameters: list[dict[str, Any]]) -> None:
    """The server reads both headers itself, because it refuses them with 400; here is what it refuses."""
    for parameter in parameters:
        if parameter["name"] == "idempotency-key":
            parameter |= {"required": True, "schema": {"type": "string", "pattern": CHANGE_ID}}
        else:
            parameter["schema"] = {"type": "string", "pattern": TAG}


def _change_model(kind: str) -> type[Change]:
    workspace: Any = (Word, ...) if kind in _ON_WORKSPACE else (Word | None, None)
    build: Callable[..., type[Change]] = create_model
    return build(
        _name(kind),
        __base__=Change,
        __doc__=f"A change of kind {kind}" + (", a remedy: needs If-Match." if kind in REMEDIES else ", a record."),
        kind=(Literal[kind], ...),
        params=(PARAMETERS[kind], ...),
        workspace_id=workspace,
    )


def _name(kind: str) -> str:
    return "Change" + "".join(part.title() for part in kind.split("_"))


def _secure(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"bearer": []}]
    document["paths"]["/v1/health"]["get"]["security"] = []
