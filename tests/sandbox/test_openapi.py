"""The committed OpenAPI document is the server's, and what the server says fits its models."""

import json
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel

from triage.sandbox import process
from triage.sandbox.answers import AccountsPage, AuditPage, Head, Health, Key, Me, Members, Outcome, ProblemAnswer
from triage.sandbox.answers_account import Output
from triage.sandbox.models import PARAMETERS, Input
from triage.sandbox.openapi import text

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_document_has_not_drifted() -> None:
    said = "run: python -m triage.sandbox.openapi > docs/openapi.json"
    assert DOCUMENT.read_text("utf-8") == text(), said


def test_every_kind_has_its_schema_and_every_reference_leads_somewhere() -> None:
    document = json.loads(text())
    schemas = document["components"]["schemas"]
    assert schemas["Change"]["discriminator"]["mapping"].keys() == PARAMETERS.keys()
    referred = {part.split('"')[0] for part in text().split('"#/components/schemas/')[1:]}
    assert referred <= schemas.keys()
    assert len(document["paths"]) == 11


def test_no_two_models_share_a_name_in_the_document() -> None:
    models = [*every(Input), *every(Output)]
    named = [model.__name__ for model in models if not model.__name__.startswith("Change")]
    assert sorted(set(named)) == sorted(named)


def every(base: type[BaseModel]) -> list[type[BaseModel]]:
    return [each for child in base.__subclasses__() for each in (child, *every(child))]


def test_what_the_server_says_fits_the_models(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    world.post(body)
    space = made["workspaces"][0]["id"]
    models: dict[str, type[BaseModel]] = {
        "health": Health,
        "me": Me,
        "accounts": AccountsPage,
        f"workspaces/{space}/members": Members,
        "audit": AuditPage,
        "audit/head": Head,
        f"changes/{body['change_id']}": Outcome,
        "nowhere": ProblemAnswer,
    }
    for path, model in models.items():
        model.model_validate_json(world.client().get(f"/v1/{path}").text)
    for key in world.client().get("/v1/keys").json():
        Key.model_validate(key)


def test_every_seeded_account_fits_the_contract() -> None:
    with process.start(accounts=400, seed=8) as running:
        client = httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {running.token}"})
        page = AccountsPage.model_validate_json(client.get("/v1/accounts?limit=1000").text)
        assert len(page.accounts) == 400
        AuditPage.model_validate_json(client.get("/v1/audit?limit=1000").text)
        client.close()
