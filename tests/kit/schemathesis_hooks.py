"""What schemathesis cannot know from the document: ids that exist, and that the key is the body's change id."""

import itertools
import json
import os
import re
import urllib.request
from typing import Any

import schemathesis

_CHANGE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TAG = re.compile(r'"cv-[0-9]{1,15}"')
_ON_WORKSPACE = ("reset_usage", "change_admin")
# the contract's limits for free JSON, which a schema cannot say
_LIMITS = ("A number is out of range.", "The JSON is nested deeper")
_turn = itertools.count()
_applied: list[str] = []


def _account() -> dict[str, Any]:
    """One of the first accounts of the book, as it is now."""
    known = json.loads(os.environ["TRIAGE_TEST_ACCOUNTS"])
    url = f"{os.environ['TRIAGE_TEST_URL']}/v1/accounts/{known[next(_turn) % len(known)]}"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {os.environ['TRIAGE_TEST_TOKEN']}"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Two requests of three are aimed at what is there; a header or body that was made wrong stays as it is."""
    if case.method == "POST" and isinstance(case.body, dict):
        _aim(case, case.body)
    elif case.path_parameters and next(_turn) % 3:
        account = _account()
        known = {"account_id": account["id"], "workspace_id": account["workspaces"][0]["id"]}
        known |= {"change_id": _applied[-1]} if _applied else {}
        for name, value in known.items():
            if isinstance(case.path_parameters.get(name), str):
                case.path_parameters[name] = value


def _aim(case: schemathesis.Case, body: dict[str, Any]) -> None:
    change_id = body.get("change_id")
    if not isinstance(change_id, str) or not _CHANGE_ID.fullmatch(change_id):
        return
    if _CHANGE_ID.fullmatch(str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = change_id
    if next(_turn) % 3 == 0:
        return
    account = _account()
    if isinstance(body.get("account_id"), str) and body["account_id"].strip():
        body["account_id"] = account["id"]
    if isinstance(body.get("workspace_id"), str) and body["workspace_id"].strip():
        body["workspace_id"] = account["workspaces"][0]["id"]
    if _TAG.fullmatch(str(case.headers.get("If-Match", ""))):
        case.headers["If-Match"] = f'"cv-{account["version"]}"'


@schemathesis.hook
def after_call(context: schemathesis.HookContext, case: schemathesis.Case, response: Any) -> None:
    """Remember what was applied, so that it can be looked up."""
    if response.status_code == 201:
        _applied.append(response.json()["change_id"])


@schemathesis.check
def a_refusal_of_what_fits_is_a_rule(ctx: schemathesis.CheckContext, response: Any, case: schemathesis.Case) -> None:
    """A request that fits the document may meet a rule of the business (422), never one of its form."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    said = response.json()
    fair = said["type"] in ("rule", "claimed", "key-reused") or said["detail"].startswith(_LIMITS)
    assert fair, response.text[:500]


@schemathesis.deserializer("application/x-ndjson")
def trailer(context: Any, response: Any) -> Any:
    """The last line of a stream, which is the one that the document describes; the others are JSON too."""
    return [json.loads(line) for line in response.content.splitlines()][-1]
