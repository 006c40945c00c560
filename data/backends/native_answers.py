"""The answer table of the contract: what an HTTP answer to a submission or a look-up means."""

from collections.abc import Callable
from datetime import datetime

import httpx
import msgspec

from data.account import Value
from data.backends.native_delta import read_account
from data.backends.native_http import JSON, Answered, Problem, problem_of, retry_after, unreached
from data.backends.port import (
    AlreadyDone,
    Answer,
    Applied,
    Denied,
    KeyReused,
    Moved412,
    NeverSent,
    NotThere,
    NotYet,
    NoVerdict,
    RefusedByRule,
    TokenRefused,
)
from data.errors import BadAnswer
from data.remedy import Moved, Receipt
from data.safe_text import SafeText, safe_reason
from data.wire import convert, decoder, safe_tree

PATIENCE = 2.0


class Ours(Value, frozen=True):
    """What our own body says it is about: an answer must name the same change and account."""

    change_id: str
    account_id: str


class AppliedBody(Value, frozen=True):
    """The body of a 201 or 200, its account still undecoded."""

    change_id: str
    account: msgspec.Raw
    receipt: Receipt


_applied = decoder(AppliedBody)
_ours = decoder(Ours)


def ours_of(body: bytes) -> Ours:
    """Return the ids inside a submission's body."""
    return _ours.decode(body)


def one_try(host: str, ask: Callable[[], Answered]) -> Answered | NeverSent | NoVerdict:
    """Send by `ask`, once; NeverSent only where the connection failed before a byte of the request could leave."""
    try:
        return ask()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        return NeverSent(unreached(host, error))
    except httpx.TimeoutException:
        return NoVerdict(f"{host} did not answer in time.")
    except httpx.HTTPError:
        return NoVerdict(f"The connection to {host} was cut before the answer was complete.")


def to_answer(answered: Answered, ours: Ours, now: datetime) -> Answer:
    """Return what an answer to POST /v1/changes means; whatever is not exactly of the table is NoVerdict."""
    if answered.status in (200, 201):
        return applied(answered, ours.change_id, ours.account_id)
    patience = retry_after(answered.headers, now)
    if astray(answered, ours.change_id):
        return NoVerdict("The answer is about another change.", patience)
    problem = problem_of(answered)
    if problem is None:
        return NoVerdict(f"The answer ({answered.status}) is not a verdict: no problem document.", patience)
    verdict = _verdict(answered.status, problem, patience)
    return verdict or NoVerdict(f"The server answered {answered.status}: {problem.sentence.rstrip('.')}.", patience)


def astray(answered: Answered, change_id: str) -> bool:
    """True when a refusal names another change: a muddled connection gave us somebody else's answer."""
    return answered.headers.get("idempotency-key", change_id) != change_id


def _verdict(status: int, problem: Problem, patience: float | None) -> Answer | None:
    why = problem.sentence
    if status == 401:
        return TokenRefused(why)
    if status == 403:
        return Denied(why)
    if status in (404, 410):
        return NotThere(why)
    if status == 409:
        return _conflict(problem, patience)
    if status in (412, 428):
        return Moved412(why, moved(problem))
    if status == 429 or (status == 503 and patience is not None):
        return NotYet(why, PATIENCE if patience is None else patience)
    if status == 422 and problem.slug == "key-reused":
        return KeyReused(why)
    if status in (400, 413, 422):
        return RefusedByRule(field_sentence(problem))
    return None


def _conflict(problem: Problem, patience: float | None) -> Answer | None:
    if problem.slug == "already-done":
        return AlreadyDone(problem.sentence)
    if problem.slug == "in-flight":
        return NotYet(problem.sentence, PATIENCE if patience is None else patience)
    return None


def applied(answered: Answered, change_id: str, account_id: str | None) -> Applied | NoVerdict:
    """Decode the answer that says "applied"; NoVerdict unless it names our own change and account."""
    if answered.media_type != JSON:
        return NoVerdict("The answer is no JSON: a proxy or a sign-in page may be in between.")
    try:
        body = _applied.decode(answered.body)
        item = read_account(bytes(body.account))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadAnswer):
        return NoVerdict("The answer says that the change was applied, but is not the contract's.")
    if body.change_id != change_id:
        return NoVerdict("The answer is about another change.")
    if account_id is not None and item.account.id != account_id:
        return NoVerdict("The answer is about another account.")
    return Applied(item, body.receipt, answered.headers.get("idempotent-replayed", "").lower() == "true")


def moved(problem: Problem) -> tuple[Moved, ...]:
    """Return what moved, every text made safe; an entry that is not the contract's is left out."""
    found = []
    for entry in problem.moved:
        try:
            move = convert(entry, Moved)
        except BadAnswer:
            continue
        found.append(msgspec.structs.replace(move, from_=safe_tree(move.from_), to=safe_tree(move.to)))
    return tuple(found)


def field_sentence(problem: Problem) -> SafeText:
    """Return the detail with the field errors that it does not already say."""
    told = problem.detail or problem.title
    if len(problem.errors) == 1 and problem.errors[0].message == told and problem.errors[0].pointer:
        return safe_reason(f"{problem.errors[0].pointer}: {told}")
    fields = [f"{error.pointer or '/'}: {error.message}" for error in problem.errors[:5] if error.message not in told]
    return safe_reason("; ".join([told, *fields]))
