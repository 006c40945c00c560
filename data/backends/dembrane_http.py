"""HTTP to dembrane: clients without cookies, one deadline an answer, and what a refusal says."""

import time
from collections.abc import Mapping
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import msgspec

from data.account import Value
from data.backends.native_http import JSON, MAX_ANSWER, Answered, bearer, make_client, read_all, retry_after
from data.errors import BadAnswer, Gone, NotAllowed, RateLimited, ServerFailing, SignedOut
from data.safe_text import SafeText, safe_reason
from data.steps import Steps

MAX_ROLLUP = 128 * 1024 * 1024
DEFAULT_PATIENCE = 5.0
SHOWN_FIELDS = 5
Params = Mapping[str, int | str]


class Wire:
    """One keep-alive client. It sends no cookie: the API would believe a cookie rather than the bearer."""

    def __init__(self, base_url: str, timeout: float, patience: float, steps: Steps | None = None) -> None:
        self.base_url = base_url
        self.host = urlsplit(base_url).netloc
        self.patience = patience
        self._client = make_client(base_url, None, timeout, patience, steps)
        self._client.cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))

    def ask(
        self,
        method: str,
        path: str,
        token: str | None,
        *,
        params: Params | None = None,
        body: object = None,
        most: int = MAX_ANSWER,
        close: bool = False,
    ) -> Answered:
        """Send one request and read its whole answer, whatever its status; httpx.HTTPError where there is none.

        `close` ends the connection with it.
        """
        deadline = time.monotonic() + self.patience
        headers = {"Accept": JSON} if token is None else {"Accept": JSON, **bearer(token)}
        if close:
            headers["Connection"] = "close"
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            headers["Content-Type"] = JSON
        with self._client.stream(method, path, headers=headers, params=params, content=content) as response:
            return read_all(response, deadline, most)

    def close(self) -> None:
        """Close connections."""
        self._client.close()


class _Detail(Value, frozen=True):
    """The API's form of a refusal; `detail` is a text, or a list of fields for 422."""

    detail: Any = None


class _Code(Value, frozen=True):
    code: str = ""


class _DirectusError(Value, frozen=True):
    message: str = ""
    extensions: _Code = _Code()


class _DirectusErrors(Value, frozen=True):
    errors: tuple[_DirectusError, ...]


_details = msgspec.json.Decoder(_Detail)
_directus = msgspec.json.Decoder(_DirectusErrors)


def refusal(answered: Answered, host: str) -> SafeText:
    """Return what a refusal says, in one sentence; the input that a 422 echoes (a reason, a name) is left out."""
    detail: object = None
    if answered.media_type == JSON:
        try:
            detail = _details.decode(answered.body).detail
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            detail = None
    if isinstance(detail, str) and detail.strip():
        return safe_reason(detail)
    if isinstance(detail, list):
        fields = [_field(one) for one in detail[:SHOWN_FIELDS] if isinstance(one, dict)]
        if fields:
            return safe_reason(f"{host} does not understand what was sent: {'; '.join(fields)}")
    return safe_reason(f"{host} answered {answered.status}.")


def _field(one: dict[str, object]) -> str:
    where = one.get("loc")
    path = "/".join(str(part) for part in where if part != "body") if isinstance(where, list) else ""
    said = one.get("msg")
    return f"{path or '/'}: {said if isinstance(said, str) else 'is refused'}"


def directus_code(answered: Answered) -> str:
    """Return the code of an error of Directus, empty where the answer is none."""
    try:
        errors = _directus.decode(answered.body).errors
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return errors[0].extensions.code if errors else ""


def raise_unless_ok(answered: Answered, host: str, now: datetime) -> None:
    """Raise the error that belongs to an answer other than 200."""
    status = answered.status
    if status == 200:
        return
    if status == 401:
        raise SignedOut(f"{host} does not accept the token: it has run out, or was never right. triage login signs in.")
    if status == 429:
        patience = retry_after(answered.headers, now) or DEFAULT_PATIENCE
        raise RateLimited(f"{host} asks for patience: {patience:.0f} s.", patience)
    if status >= 500:
        raise ServerFailing(f"{host} is failing ({status}).")
    if 300 <= status < 400:
        raise BadAnswer(f"{host} redirects elsewhere ({status}); triage does not follow. Check base_url.")
    if status == 403:
        raise NotAllowed(f"{host} refuses: {refusal(answered, host)}. This sign-in is not staff there.")
    if status == 404:
        raise Gone(f"{host} knows no such thing: {refusal(answered, host)}")
    raise BadAnswer(refusal(answered, host))
