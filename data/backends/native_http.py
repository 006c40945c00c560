"""The HTTP client of the native backend: where it may connect, how much it reads, which errors reading raises."""

import ipaddress
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from data.account import Value
from data.backends.native_body import decoded
from data.backends.native_patience import limit_patience
from data.errors import BadAnswer, ConfigError, Gone, NotAllowed, Offline, RateLimited, ServerFailing, SignedOut
from data.safe_text import SafeText, safe_reason
from data.steps import Steps
from data.wire import decode, decoder, mended

RETRY_AFTER_CAP = 900.0
PROBLEM = "application/problem+json"
JSON = "application/json"
NDJSON = "application/x-ndjson"
MAX_ANSWER = 16 * 1024 * 1024
DEFAULT_PATIENCE = 5.0


class FieldError(Value, frozen=True):
    """One member of a problem's `errors`."""

    message: str
    pointer: str = ""


class Problem(Value, frozen=True):
    """An RFC 9457 answer as the contract has it; `type` and `title` are always there."""

    type: str
    title: str
    status: int | None = None
    detail: str | None = None
    errors: tuple[FieldError, ...] = ()
    moved: tuple[dict[str, Any], ...] = ()

    @property
    def slug(self) -> str:
        """The last part of `type`, so that an absolute URI works as well as a bare slug."""
        return self.type.rstrip("/").rsplit("/", 1)[-1]

    @property
    def sentence(self) -> SafeText:
        """What a person is told: the detail, or else the title."""
        return safe_reason(self.detail or self.title)


class Answered(Value, frozen=True):
    """A complete answer: status, headers (lower case) and the decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return media_type(self.headers)


_problem_decoder = decoder(Problem)


def media_type(headers: Mapping[str, str]) -> str:
    """Return the content type without its parameters, lower case."""
    return headers.get("content-type", "").split(";", 1)[0].strip().lower()


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine: localhost, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_url(base_url: str) -> str:
    """Return `base_url` without a trailing slash; ConfigError unless it is https, or http to loopback."""
    try:
        parts = urlsplit(base_url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigError("base_url is not a URL. Write it like https://billing.example.com") from None
    if parts.username or parts.password:
        raise ConfigError("base_url must not hold a user name or password; sign in with a token instead.")
    if parts.query or parts.fragment or not host:
        raise ConfigError("base_url is not a plain URL. Write it like https://billing.example.com")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return base_url.strip().rstrip("/")
    raise ConfigError(f"base_url must be https ({parts.scheme or 'no scheme'}://{host} is not; http only to loopback).")


def make_client(
    base_url: str, token: str | None, timeout: float, patience: float, steps: Steps | None = None
) -> httpx.Client:
    """Return a client that follows no redirect and carries the token in its Authorization header alone.

    Without a `token` each request has to bring its own header.
    `timeout` in seconds is for each wait, `patience` for an answer as a whole. `steps` hears of every step of its
    connections, by httpcore's names.
    """
    headers = {"Accept-Encoding": "zstd, gzip", "User-Agent": "triage"}
    if token is not None:
        headers |= bearer(token)

    def traced(request: httpx.Request) -> None:
        if steps is not None:
            request.extensions["trace"] = lambda event, _info: steps(f"link: {event}")

    client = httpx.Client(
        event_hooks={"request": [traced] if steps is not None else [], "response": [_stay]},
        base_url=base_url,
        headers=headers,
        timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
        follow_redirects=False,
        # Plain HTTP to loopback needs no certificates; loading them takes 16 ms, and without any nothing is trusted.
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if base_url.startswith("http:") else True,
        trust_env=not is_loopback(urlsplit(base_url).hostname or ""),
    )
    limit_patience(client, patience)
    return client


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token; ConfigError where no header can."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError("The token is empty or holds characters that no token has. Sign in again: triage login")
    return {"Authorization": f"Bearer {token}"}


def _stay(response: httpx.Response) -> None:
    """Forget where a redirect leads: httpx works it out even where it does not follow, and fails on what is no URL."""
    response.headers.pop("location", None)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return Retry-After (seconds or an HTTP date) in seconds, 0 to 900; None when missing or unreadable."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), RETRY_AFTER_CAP)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max((when - now).total_seconds(), 0.0), RETRY_AFTER_CAP)


def read_all(response: httpx.Response, deadline: float, most: int = MAX_ANSWER) -> Answered:
    """Read a streamed answer up to `most` bytes and a monotonic `deadline`; ReadTimeout or DecodingError beyond."""
    body = bytearray()
    for piece in decoded(response):
        body += piece
        if len(body) > most:
            raise httpx.DecodingError("the answer is too long")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer takes too long")
    return Answered(response.status_code, dict(response.headers), mended(bytes(body)))


def problem_of(answered: Answered) -> Problem | None:
    """Return the problem document of an answer, None unless it is one of the contract's form."""
    if answered.media_type != PROBLEM:
        return None
    try:
        problem = decode(answered.body, _problem_decoder)
    except BadAnswer:
        return None
    return problem if problem.status in (None, answered.status) else None


def unreached(host: str, error: BaseException) -> str:
    """Say why there is no connection to `host`; a certificate that proves nothing is not taken for an outage."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = safe_reason(cause.verify_message.rstrip("."))
            return f"{host} does not prove who it is: its certificate is refused ({why}). Nothing was sent to it."
        if isinstance(cause, ssl.SSLError):
            return f"{host} does not speak TLS as it should: no safe connection could be made. Nothing was sent to it."
        cause = cause.__cause__ or cause.__context__
    return f"{host} cannot be reached: nobody listens, no route or no such name."


@contextmanager
def reading(host: str) -> Iterator[None]:
    """Turn the client library's errors into ours; for reading only, a submission tells them apart itself."""
    try:
        yield
    except httpx.ConnectError as error:
        raise Offline(unreached(host, error)) from None
    except httpx.TimeoutException:
        raise Offline(f"{host} did not answer in time.") from None
    except httpx.DecodingError:
        raise BadAnswer(f"{host} sent an answer that cannot be read (damaged or far too long).") from None
    except httpx.TransportError:
        raise Offline(f"The connection to {host} was cut.") from None
    except httpx.HTTPError:
        raise BadAnswer(f"{host} sent an answer that is not HTTP as it should be.") from None


def raise_unless_ok(answered: Answered, host: str, now: datetime) -> None:
    """Raise the error that belongs to an answer other than 200."""
    status = answered.status
    if status == 200:
        return
    problem = problem_of(answered)
    sentence = problem.sentence if problem else f"{host} answered {status}."
    if status == 401:
        raise SignedOut(f"{host} does not accept the token. Sign in again: triage login")
    if status == 429:
        patience = retry_after(answered.headers, now) or DEFAULT_PATIENCE
        raise RateLimited(f"{host} asks for patience: {patience:.0f} s.", patience)
    if status >= 500:
        raise ServerFailing(f"{host} is failing ({status}).")
    if 300 <= status < 400:
        raise BadAnswer(f"{host} redirects elsewhere ({status}); triage does not follow. Check base_url.")
    if problem and status == 403:
        raise NotAllowed(sentence)
    if problem and status in (404, 410):
        raise Gone(sentence)
    raise BadAnswer(sentence if problem else f"{host} answered {status}, and not in the contract's form.")


def read_json(answered: Answered, host: str, using: "msgspec.json.Decoder[Any]") -> Any:
    """Decode a 200 answer; BadAnswer when it is no JSON of the contract (a captive portal's HTML, say)."""
    if answered.media_type != JSON:
        kind = safe_reason(answered.media_type or "no content type")
        raise BadAnswer(f"{host} sent {kind} instead of JSON: is a proxy or a sign-in page in between?")
    return decode(answered.body, using)
