"""The [outreach] table of the config file, and the mailroom that it makes: channels, secrets, quiet hours' zone."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Annotated, Any, Literal

import msgspec

from data.errors import ConfigError
from data.ports_outreach import Channel
from data.senders.port import NO_MAIL, NO_SLACK, Mailroom, Sender

UNSET = msgspec.UNSET
DEFAULTS: dict[str, Any] = {
    "smtp_host": "",
    "smtp_port": 587,
    "tls": "starttls",
    "smtp_user": "",
    "slack": False,
    "zone": "",
}
PASSWORD, WEBHOOK = "TRIAGE_SMTP_PASSWORD", "TRIAGE_SLACK_WEBHOOK"
_HOST = r"^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|::1)?$"


class OutreachKeys(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The keys of [outreach]; UNSET where the file doesn't say."""

    smtp_host: (
        Annotated[str, msgspec.Meta(pattern=_HOST, description="the mail server; empty: no mail is sent")]
        | msgspec.UnsetType
    ) = UNSET
    smtp_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | msgspec.UnsetType = UNSET
    tls: Literal["starttls", "implicit"] | msgspec.UnsetType = UNSET
    smtp_user: (
        Annotated[str, msgspec.Meta(pattern=r"^[!-~]{0,200}$", description="empty: the server asks for no password")]
        | msgspec.UnsetType
    ) = UNSET
    slack: Annotated[bool, msgspec.Meta(description="the keyring holds a webhook")] | msgspec.UnsetType = UNSET
    zone: (
        Annotated[str, msgspec.Meta(description="the zone of the quiet hours, such as Europe/Amsterdam")]
        | msgspec.UnsetType
    ) = UNSET


class OutreachSettings(msgspec.Struct, frozen=True):
    """[outreach] in effect."""

    smtp_host: str
    smtp_port: int
    tls: str
    smtp_user: str
    slack: bool
    zone: tzinfo | None


def outreach_settings(values: Mapping[str, Any], path: object) -> OutreachSettings:
    """Decode the joined table; ConfigError names a zone that nobody knows, and by `path` where it stands."""
    return OutreachSettings(**{**values, "zone": _zone(str(values["zone"]), path)})


def make_mailroom(settings: OutreachSettings, environ: Mapping[str, str]) -> Mailroom:
    """The channels that are set up; a secret is looked for only when something leaves."""
    senders: dict[Channel, Sender] = {}
    closed = {}
    if settings.smtp_host:
        senders[Channel.EMAIL] = _mail(settings, environ)
    else:
        closed[Channel.EMAIL] = NO_MAIL
    if settings.slack or environ.get(WEBHOOK):
        from data.senders.slack import SlackSender

        senders[Channel.SLACK] = SlackSender(_secret(environ, WEBHOOK, "slack"))
    else:
        closed[Channel.SLACK] = NO_SLACK
    return Mailroom(senders, closed, settings.zone)


def _mail(settings: OutreachSettings, environ: Mapping[str, str]) -> Sender:
    from data.senders.smtp import SmtpSender, SmtpSettings

    user = f"smtp:{settings.smtp_user}@{settings.smtp_host}"
    password = _secret(environ, PASSWORD, user)
    where = settings.smtp_host, settings.smtp_port, settings.tls, settings.smtp_user
    return SmtpSender(SmtpSettings(*where, password))


def _secret(environ: Mapping[str, str], name: str, user: str) -> Callable[[], str | None]:
    """From the environment, else from the keyring; never from a file of ours."""

    def find() -> str | None:
        if environ.get(name):
            return environ[name].strip()
        from data.keyring_probe import ask_keyring

        return ask_keyring("get", user)[0]

    return find


def _zone(name: str, path: object) -> tzinfo | None:
    if not name:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"{path}: outreach.zone {name!r} is no time zone known here. Write it like Europe/Amsterdam."
        ) from None
