"""Which backends there are: chosen by the profile's `backend`, and nothing above this folder asks which it is."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:  # settings name a backend, and reading them must cost nothing
    from data.backends.port import BillingBackend
    from data.token_pair import Keeper

Name = Literal["native", "dembrane"]


class Chosen(msgspec.Struct, frozen=True):
    """A profile's backend: its name, where its identity provider is, and the profile's two directories."""

    name: Name
    state_dir: Path
    cache_dir: Path
    directus_url: str | None = None

    @property
    def by_password(self) -> bool:
        """True where an e-mail address and a password can sign in."""
        return self.name == "dembrane" and self.directus_url is not None


def connect(chosen: Chosen, base_url: str, token: str, keeper: "Keeper | None") -> "BillingBackend":
    """Return the backend behind a URL (httpx is imported here); ConfigError for a URL it may not use."""
    if chosen.name == "dembrane":
        from data.backends.dembrane import DembraneBackend, Options

        options = Options(chosen.directus_url, chosen.state_dir, chosen.cache_dir)
        return DembraneBackend(base_url, token, options, keeper)
    from data.backends.native import NativeBackend

    return NativeBackend(base_url, token)


def sign_in(chosen: Chosen, email: str, password: str, otp: str, now: datetime) -> str:
    """Return the token of a new session, to be checked and kept; SignedOut (with what is missing), Offline, BadAnswer.

    Only where `by_password` holds.
    """
    from data.backends.dembrane_signin import Password
    from data.backends.dembrane_signin import sign_in as by_directus

    assert chosen.directus_url is not None
    return by_directus(chosen.directus_url, Password(email, password, otp), now)
