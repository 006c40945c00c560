"""A post to the team's Slack by incoming webhook (M18): the alert with its context, and the draft to send."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from data.backends.native_patience import limit_patience
from data.senders.port import Left, MayHaveLeft, NotLeft, Parcel, Sent

WAIT = 15.0  # seconds
PART = 2900  # characters of a text block, of which Slack takes 3000
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
NO_URL = "There is no Slack webhook: TRIAGE_SLACK_WEBHOOK, or keyring set triage slack"
BAD_URL = "The Slack webhook has to be an https address."


class SlackSender:
    """Posts once; the webhook's address is a secret and stands in no sentence, log or repr."""

    def __init__(self, find_url: Callable[[], str | None], wait: float = WAIT) -> None:
        self._find_url = find_url
        self._wait = wait

    def problem(self) -> str | None:
        """A webhook cannot be tried without posting: only whether there is a fit address."""
        return url_problem(self._find_url())

    def send(self, parcel: Parcel) -> Sent:
        """4xx and a redirect are refusals; a lost answer or 5xx says nothing."""
        url = self._find_url()
        wrong = url_problem(url)
        if url is None or wrong is not None:
            return NotLeft(wrong or NO_URL)
        try:
            with httpx.Client(timeout=self._wait, follow_redirects=False) as client:
                limit_patience(client, self._wait)
                with client.stream("POST", url, json=post_of(parcel)) as answer:
                    return _read(answer.status_code)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL, httpx.ProxyError):
            return NotLeft("Slack cannot be reached.")
        except httpx.HTTPError:
            return MayHaveLeft("The connection to Slack was lost while the post was on its way.")


def url_problem(url: str | None) -> str | None:
    """Why an address is none to post to; https, or http to this machine."""
    if not url:
        return NO_URL
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return BAD_URL
    safe = parts.scheme == "https" or (parts.scheme == "http" and _LOOPBACK.fullmatch(parts.host) is not None)
    return None if safe and parts.host and not parts.userinfo else BAD_URL


def post_of(parcel: Parcel) -> dict[str, Any]:
    """The post: context as marked text, escaped; the draft as plain text, which Slack does not interpret."""
    facts = "\n".join(f"*{escaped(name)}:* {escaped(value)}" for name, value in parcel.context)
    draft = f"To: {parcel.to_name} <{parcel.to_email}>\nSubject: {parcel.subject}\n\n{parcel.text}"
    account = next((value for name, value in parcel.context if name == "Account"), parcel.subject)
    blocks = [_section("mrkdwn", facts)] if facts else []
    blocks += [_section("plain_text", part) for part in _parts(draft)]
    return {"text": f"Draft for {escaped(account)}", "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def escaped(text: str) -> str:
    """The three characters that Slack interprets: without them no mention, no link, no command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _read(status: int) -> Sent:
    if 200 <= status < 300:
        return Left()
    if 300 <= status < 500:
        return NotLeft(f"Slack refused the post ({status}).")
    return MayHaveLeft(f"Slack answered {status}.")


def _section(kind: str, text: str) -> dict[str, Any]:
    more = {"verbatim": True} if kind == "mrkdwn" else {"emoji": False}
    return {"type": "section", "text": {"type": kind, "text": text[: PART + 100], **more}}


def _parts(text: str) -> Iterator[str]:
    for begin in range(0, len(text), PART):
        yield text[begin : begin + PART]
