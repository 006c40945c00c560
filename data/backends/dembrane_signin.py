"""Signing in through Directus, and renewing: refresh tokens are single-use, so one process at a time renews."""

import uuid
from datetime import datetime
from pathlib import Path

from data.account import Value
from data.backends.dembrane_http import Wire, directus_code, raise_unless_ok
from data.backends.dembrane_shapes import Session, session_decoder
from data.backends.native_http import Answered, checked_url, read_json, reading
from data.errors import ConfigError, SignedOut
from data.locks import Lock
from data.token_pair import Keeper, TokenPair, pair_of, to_text

TIMEOUT = 30.0
LOCK_PATIENCE = 40.0
LOCK = "sign-in.lock"


class OtpNeeded(SignedOut):
    """The account asks for a one-time code, or the one given is not right."""


class Password(Value, frozen=True):
    """What a person types to sign in; the repr holds nothing of it."""

    email: str
    password: str
    otp: str = ""

    def __repr__(self) -> str:
        return "Password()"


def directus_wire(directus_url: str) -> Wire:
    """Return a client of Directus; ConfigError for a URL that is neither https nor loopback."""
    try:
        return Wire(checked_url(directus_url), TIMEOUT, TIMEOUT)
    except ConfigError as error:
        raise ConfigError(str(error).replace("base_url", "directus_url")) from None


def sign_in(directus_url: str, typed: Password, now: datetime) -> str:
    """Return the token of a new session, to be kept; SignedOut, OtpNeeded, Offline, BadAnswer."""
    wire = directus_wire(directus_url)
    body = {"email": typed.email, "password": typed.password, "mode": "json"}
    try:
        answered = _ask(wire, "/auth/login", body | ({"otp": typed.otp} if typed.otp else {}))
        if answered.status in (400, 401, 403):
            raise _refused(wire.host, answered)
        made = _session(wire, answered, now)
    finally:
        wire.close()
    return to_text(TokenPair(uuid.uuid4().hex, made.access_token, made.refresh_token))


def _refused(host: str, answered: Answered) -> SignedOut:
    if directus_code(answered) == "INVALID_OTP":
        return OtpNeeded(f"{host} wants a one-time code, or the one typed is not right.")
    return SignedOut(f"{host} does not accept this e-mail address with this password.")


def _ask(wire: Wire, path: str, body: dict[str, str]) -> Answered:
    with reading(wire.host):
        return wire.ask("POST", path, None, body=body)


def _session(wire: Wire, answered: Answered, now: datetime) -> Session:
    raise_unless_ok(answered, wire.host, now)
    found: Session = read_json(answered, wire.host, session_decoder).data
    return found


class SignedIn:
    """The bearer of one backend; renewed where it is a session of Directus and there is a place to keep it."""

    def __init__(self, token: str, directus: Wire | None, keeper: Keeper | None, state_dir: Path | None) -> None:
        self._token = token
        self._directus = directus
        self._keeper = keeper if keeper is not None and keeper.renewable else None
        self._lock = Lock(state_dir / LOCK) if state_dir is not None else None

    @property
    def bearer(self) -> str:
        """The access token in use."""
        pair = pair_of(self._token)
        return pair.access if pair else self._token

    def renew(self, refused: str, now: datetime) -> bool:
        """Get another access token than `refused`: the one another process has kept, else a new one.

        False where there is none to be had: a plain token, or a session that has ended. Offline where Directus cannot
        be asked, Busy where another process is still asking it after 40 s.
        """
        if pair_of(self._token) is None or self._directus is None or self._keeper is None or self._lock is None:
            return False
        if self.bearer != refused:
            return True
        self._lock.wait(LOCK_PATIENCE)
        try:
            return self._renewed(self._directus, self._keeper, refused, now)
        finally:
            self._lock.release()

    def _renewed(self, directus: Wire, keeper: Keeper, refused: str, now: datetime) -> bool:
        kept = keeper.load()
        pair = pair_of(kept) if kept else None
        ours = pair_of(self._token)
        if kept is None or pair is None or ours is None or pair.session != ours.session:
            return False  # signed out, or somebody else signed in meanwhile: this session is over
        if pair.access != refused:
            self._token = kept
            return True
        answered = _ask(directus, "/auth/refresh", {"refresh_token": pair.refresh, "mode": "json"})
        if answered.status in (400, 401, 403):
            return False
        made = _session(directus, answered, now)
        self._token = to_text(TokenPair(pair.session, made.access_token, made.refresh_token))
        keeper.save(self._token)
        return True
