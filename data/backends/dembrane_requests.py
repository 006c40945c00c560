"""From a change to a request of dembrane's staff API, and from its answer to what was done."""

from typing import Any
from urllib.parse import quote

import msgspec

from data.account import Account, Value
from data.backends.dembrane_http import refusal
from data.backends.native_http import JSON, Answered, retry_after
from data.backends.port import Answer, Denied, Done, NotThere, NotYet, NoVerdict, RefusedByRule, TokenRefused
from data.remedy import REMEDIES
from data.safe_text import safe_reason

KINDS = REMEDIES
UNKNOWN_TIER = "Unknown tier value"
PATIENCE = 5.0


class Audit(Value, frozen=True):
    """What goes with a change; this backend takes the reason of two kinds."""

    reason: str | None = None


class Ordered(Value, frozen=True):
    """What our own body asks for."""

    change_id: str
    account_id: str
    kind: str
    params: dict[str, Any]
    audit: Audit
    workspace_id: str | None = None


class Request(Value, frozen=True):
    """One request of the staff API."""

    method: str
    path: str
    body: dict[str, Any]


_ordered = msgspec.json.Decoder(Ordered)
_objects: "msgspec.json.Decoder[dict[str, Any]]" = msgspec.json.Decoder(dict[str, Any])


def ordered(body: bytes) -> Ordered:
    """Return what a submission asks for."""
    return _ordered.decode(body)


def request_of(order: Ordered, account: Account) -> Request:
    """Return the request that does it.

    The discount is the account's: the route of a workspace says ok and stores nothing. Only the flags clear one, null
    does not. A tier is the account's too, but has to name one of its workspaces.
    """
    params, reason = order.params, order.audit.reason or ""
    if order.kind == "change_tier":
        named = _part(min(one.id for one in account.workspaces))
        return Request("PATCH", f"/workspaces/{named}/tier", {"tier": params["tier"], "reason": reason})
    if order.kind == "reset_usage":
        return Request("POST", f"/admin/workspaces/{_part(order.workspace_id)}/reset-usage", {"reason": reason})
    if order.kind == "change_admin":
        path = f"/admin/workspaces/{_part(order.workspace_id)}/change-admin"
        return Request("POST", path, {"membership_id": params["membership_id"]})
    billing = f"/admin/billing-accounts/{_part(order.account_id)}"
    if order.kind == "grant_trial":
        return Request("POST", f"{billing}/grant-trial", {"tier": params["tier"], "months": params["months"]})
    wanted: dict[str, Any] = {"type_discount": params.get("kind"), "percent_discount": _whole(params.get("percent"))}
    if params.get("clear") is True:
        wanted = {"clear_type_discount": True, "clear_percent_discount": True}
    return Request("PATCH", f"{billing}/discount", wanted)


def answer_of(order: Ordered, answered: Answered, host: str, now: Any) -> Answer:
    """Return what an answer to a write means; whatever is not exactly one of the facts is NoVerdict."""
    status, said = answered.status, refusal(answered, host)
    if status == 200:
        return _done(order, answered, host)
    if answered.media_type != JSON or not _is_refusal(answered):
        return NoVerdict(f"{host} answered {status}, and not in its usual form.")
    if status == 401:
        return TokenRefused(safe_reason(f"{host} does not accept the token any more. triage login signs in."))
    if status == 403:
        return TokenRefused(safe_reason(f"{host} refuses: {said}. This sign-in is not staff there any more."))
    if status == 404:
        return NotThere(safe_reason(f"{host}: {said}. It is gone there, even where its list still shows it."))
    if status == 429:
        return NotYet(f"{host} asks for patience.", retry_after(answered.headers, now) or PATIENCE)
    if status in (400, 409, 422) or (status == 500 and str(said) == UNKNOWN_TIER):
        return RefusedByRule(said)
    return NoVerdict(f"{host} is failing ({status}). It may have done it all the same.")


def _is_refusal(answered: Answered) -> bool:
    try:
        return "detail" in _objects.decode(answered.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _done(order: Ordered, answered: Answered, host: str) -> Answer:
    """Applied only where the answer names what was asked for."""
    astray = NoVerdict(f"{host} answered 200, but not to this change: is a proxy in between?")
    if answered.media_type != JSON:
        return astray
    try:
        told = _objects.decode(answered.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return astray
    by_kind: dict[str, dict[str, Any]] = {
        "reset_usage": {"workspace_id": order.workspace_id},
        "change_admin": {"workspace_id": order.workspace_id, "membership_id": order.params.get("membership_id")},
        "grant_trial": {"billing_account_id": order.account_id, "tier": order.params.get("tier")},
        "apply_discount": {"account_id": order.account_id},
        "change_tier": {"new_tier": order.params.get("tier")},
    }
    if any(told.get(name) != value for name, value in by_kind[order.kind].items()):
        return astray
    return Done(safe_reason(f"{host} answered: {_words(order.kind, told)}."))


def _words(kind: str, told: dict[str, Any]) -> str:
    """The answer in words."""
    if kind == "change_tier":
        was, becomes = told.get("previous_tier"), told.get("new_tier")
        return f"tier {was} to {becomes}, billing {told.get('payment_mode')}"
    if kind == "reset_usage":
        return f"hours count from {told.get('usage_reset_at')}"
    if kind == "grant_trial":
        return f"trial of {told.get('tier')} until {told.get('tier_expires_at')}"
    if kind == "change_admin":
        return f"role {told.get('role')}"
    names = {"type_discount": "kind", "percent_discount": "percent"}
    changed = [
        f"{word} {told[name] if told[name] is not None else 'none'}" for name, word in names.items() if name in told
    ]
    return f"discount {', '.join(changed)}"


def denied(kind: str) -> Denied:
    """A kind that this backend does not have."""
    return Denied(safe_reason(f"dembrane has no {kind.replace('_', ' ')}: it takes {', '.join(KINDS)}."))


def _part(text: str | None) -> str:
    return quote(text or "", safe="")


def _whole(percent: Any) -> Any:
    """The server takes whole numbers; one with a fraction goes as it is and is refused there."""
    return int(percent) if isinstance(percent, float) and percent.is_integer() else percent
