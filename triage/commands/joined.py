"""Join settings, credentials and policy to a session of the desk; the heavy parts are imported only when used."""

import platform
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from data.backends.port import BillingBackend
from data.errors import NoData, Offline, SignedOut
from triage import VERSION
from triage.commands.context import Context
from triage.config import Settings
from triage.desk.policies import Policies
from triage.desk.session import Place, Session, TokenBox
from triage.outreach_settings import make_mailroom

if TYPE_CHECKING:
    from data.cache import Cache


def open_session(context: Context, *, network: bool) -> Session:
    """Return the session of the settings in effect.

    `network` False is for commands that only read: without a base URL they take the one that the cache names, and
    raise NoData where it names none. With `network` a missing base URL is a ConfigError.
    """
    settings = context.settings
    token = token_box(context)
    base_url = settings.base_url or _cached_base_url(settings)
    if base_url is None and network:
        settings.need_base_url()
    if base_url is None:
        raise NoData("No data yet: triage sync")
    session = Session(
        place=_place(settings, base_url, client_name() if network else "triage"),
        policies=Policies(settings.policy_file),
        clock=utc_now,
        connect=connector(context, token),
        token=token,
        say=context.say,
        mailroom=lambda: make_mailroom(settings.outreach, context.environ),
        begin=_begin(settings) if settings.chosen.by_password else None,
    )
    if session.trees.waiting() is not None:
        name = settings.tree_file or "shipped"
        context.say(
            f"The tree of the config ({name}) is not in effect yet, the one before goes on. "
            f"triage assess --diff {name} shows what it changes."
        )
    return session


def know_author(session: Session, cache: "Cache") -> None:
    """Make sure that the remembered identity is the token's: ask the server where it is not; SignedOut offline."""
    mark = session.token.mark()
    if mark is None:
        raise session.token.missing()
    if mark == cache.identity_mark and cache.identity is not None:
        return
    from triage.desk.sync import recognise

    try:
        with closing(session.backend()) as backend:
            recognise(session, cache, backend)
    except Offline as error:
        raise SignedOut(f"This token is new here, and nobody can be asked whose it is: {error}") from None


def utc_now() -> datetime:
    """The wall clock; everything below gets it as an argument."""
    return datetime.now(UTC)


def connector(context: Context, box: TokenBox) -> Callable[[str, str], BillingBackend]:
    """Return what connects to the backend of this profile; a token it renews goes to where `box` has it from."""

    def connect(base_url: str, token: str) -> BillingBackend:
        from data.backends.registry import connect as connect_to

        return connect_to(context.settings.chosen, base_url, token, TokenKeeper(context, box))

    return connect


class TokenKeeper:
    """Where a renewed token goes (data.token_pair.Keeper): its old place, and the box that this process shares.

    One from the environment or a command is not renewed: nothing could be put back there.
    """

    def __init__(self, context: Context, box: TokenBox) -> None:
        self._context = context
        self._box = box

    @property
    def renewable(self) -> bool:
        """True where nothing outranks the places that can be written."""
        environ = self._context.environ
        named = environ.get("TRIAGE_TOKEN") or environ.get("TRIAGE_TOKEN_FILE")
        return not named and not self._context.settings.token_command

    def load(self) -> str | None:
        """The token as it is kept now, or this process's own where no place could keep it."""
        from data.credentials import find_token

        found = find_token(self._context.settings.places(self._context.environ), self._context.environ)
        return found.token if found else self._box.get()

    def save(self, token: str) -> None:
        """Keep a renewed token where the old one was."""
        from data.credentials import keep_renewed

        keep_renewed(self._context.settings.places(self._context.environ), token)
        self._box.take(token, keep=False)


def client_name() -> str:
    """What the audit trail says wrote a change: program, version and machine."""
    return f"triage/{VERSION} {platform.node()}"[:120]


def _place(settings: Settings, base_url: str, client: str) -> Place:
    return Place(
        base_url=base_url,
        profile=settings.profile,
        state_dir=settings.state_dir,
        cache_dir=settings.cache_dir,
        client=client,
        hold_seconds=settings.hold_seconds,
        stale_after=settings.stale_after,
        sync_every=settings.sync_every,
        live=settings.live,
        read_only=settings.read_only,
        log_file=settings.log_file,
        tree_file=settings.tree_file,
        views=settings.views,
        columns=settings.columns,
    )


def _begin(settings: Settings) -> Callable[[str, str, str], str]:
    def begin(email: str, password: str, otp: str) -> str:
        from data.backends.registry import sign_in

        return sign_in(settings.chosen, email, password, otp, utc_now())

    return begin


def token_box(context: Context) -> TokenBox:
    """Where the token comes from and goes to, with what the keyring said on the way."""
    said: list[str] = []

    def find() -> str | None:
        from data.credentials import find_token

        said.clear()
        places = context.settings.places(context.environ)
        found = find_token(places, context.environ, lambda ring: said.append(ring.trouble))
        context.detail(f"Token: {found.source}" if found else "Token: none found")
        return found.token if found else None

    def keep(token: str) -> str:
        from data.credentials import keep_token

        return keep_token(context.settings.places(context.environ), token).short

    return TokenBox(find, keep, lambda: "".join(said))


def _cached_base_url(settings: Settings) -> str | None:
    """The URL whose book the cache holds, None where there is no cache that says so."""
    if not settings.cache_file.is_file():
        return None
    try:
        connection = sqlite3.connect(f"{settings.cache_file.as_uri()}?mode=ro", uri=True)
        try:
            row = connection.execute("SELECT value FROM meta WHERE key = 'base_url'").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None
