"""Tokens that renew themselves: an access token with the single-use refresh token beside it, kept as one text."""

from typing import Protocol

import msgspec

from data.account import Value


class TokenPair(Value, frozen=True):
    """A signed-in session; `session` stays the same through every renewal. The repr holds no token."""

    session: str
    access: str
    refresh: str

    def __repr__(self) -> str:
        return "TokenPair()"


class Keeper(Protocol):
    """Where the token of this profile is kept, for whoever renews it."""

    @property
    def renewable(self) -> bool:
        """True where a renewed token can take the place of the old one."""
        ...

    def load(self) -> str | None:
        """The token as it is kept now: another process may have renewed it. May wait 3 s for a keyring."""
        ...

    def save(self, token: str) -> None:
        """Keep a renewed token in the place of the old one."""
        ...


_pairs = msgspec.json.Decoder(TokenPair)


def to_text(pair: TokenPair) -> str:
    """Return a pair as one text without blanks, as the places of a token hold it."""
    return msgspec.json.encode(pair).decode("ascii")


def pair_of(token: str) -> TokenPair | None:
    """Return the pair that a kept token is, None for a plain one."""
    if not token.startswith("{"):
        return None
    try:
        return _pairs.decode(token)
    except msgspec.DecodeError:
        return None


def lasting_name(token: str) -> str:
    """Return what stays the same of a token through its renewals: the session, or a plain token itself."""
    pair = pair_of(token)
    return pair.session if pair else token
