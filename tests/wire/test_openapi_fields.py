"""The client's structs against the committed OpenAPI document: a misspelt field fails here."""

import json
import types
import typing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from data import account, remedy
from data.backends import native_events, port
from data.identity import Identity

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
PAIRS = {
    "Account": account.Account,
    "AdminLogins": account.AdminLogins,
    "Workspace": account.Workspace,
    "Csm": account.Staff,
    "Contact": account.Contact,
    "Member": account.Member,
    "Discount": account.Discount,
    "Claim": account.Claim,
    "Snooze": account.Snooze,
    "Signals": account.Signals,
    "Product": account.Product,
    "Nps": account.Nps,
    "Csat": account.Csat,
    "Tickets": account.Tickets,
    "Outreach": account.Responses,
    "Champion": account.Champion,
    "Payment": account.Payment,
    "Meetings": account.Meetings,
    "Stakeholders": account.Stakeholders,
    "Case": account.Case,
    "Tombstone": account.Tombstone,
    "AuditEntry": account.Entry,
    "Actor": account.Actor,
    "Receipt": remedy.Receipt,
    "Moved": remedy.Moved,
    "Head": port.Head,
    "AccountChanged": native_events.AccountChanged,
    "AuditAppended": native_events.AuditAppended,
    "Me": Identity,
}
OTHERS = {"Account.beside"}  # what only other backends tell, and their adapters fill
SIMPLE = {bool: "boolean", int: "integer", float: "number", datetime: "date-time", date: "date", type(None): "null"}


def served(schema: dict[str, Any]) -> set[str]:
    """The kinds of value the server may send for a field."""
    if "$ref" in schema:
        return {schema["$ref"].rsplit("/", 1)[-1]}
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return set().union(*(served(each) for each in schema[union]))
    kinds = schema.get("type", "any")
    if kinds == "array":
        return {f"[{each}]" for each in served(schema.get("items", {}))}
    if kinds == "string":
        return {schema.get("format", "string")}
    return {kinds}


def understood(kind: Any) -> set[str]:
    """The kinds of value the client decodes for a field."""
    if kind is Any or kind is object:
        return {"any"}
    if typing.get_origin(kind) is typing.Annotated:
        return understood(typing.get_args(kind)[0])
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return set().union(*(understood(each) for each in typing.get_args(kind)))
    if typing.get_origin(kind) is tuple:
        return {f"[{each}]" for each in understood(typing.get_args(kind)[0])}
    if typing.get_origin(kind) is dict:
        return {"object"}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {name for name, struct in PAIRS.items() if struct is kind}
    if isinstance(kind, type) and issubclass(kind, str):
        return {"string"}
    return {SIMPLE[kind]}


@pytest.mark.parametrize("name", PAIRS)
def test_every_field_of_the_client_is_served_in_a_type_it_understands(name: str) -> None:
    struct, schema = PAIRS[name], SCHEMAS[name]
    hints = typing.get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        if f"{name}.{field.name}" in OTHERS:
            continue
        assert field.encode_name in schema["properties"], f"{name}.{field.encode_name} is not served"
        ours, theirs = understood(hints[field.name]), served(schema["properties"][field.encode_name])
        if "number" in ours:
            ours |= {"integer"}
        missing = {kind for kind in theirs if kind not in ours} if "any" not in ours else set()
        assert not missing, f"{name}.{field.encode_name}: served as {sorted(theirs)}, understood as {sorted(ours)}"
