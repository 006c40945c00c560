"""What the first-run guide asks of the program, and what it is told."""

from typing import Protocol

from data.account import Value
from data.identity import Identity


class Welcome(Value, frozen=True):
    """A token that a server accepts: whose it is, and in a few words where it is kept (empty where it is not)."""

    identity: Identity
    kept: str


class Guide(Protocol):
    """The first-run guide's way to server, keyring and config file; the first two wait for the network."""

    config_file: str
    config_found: bool

    def reach(self, url: str, backend: str) -> str:
        """Ask whether the backend answers there; returns one sentence, raises TriageError with what is wrong."""
        ...

    def sign_in(self, url: str, backend: str, token: str, keep: bool) -> Welcome:
        """Check a token and keep it if asked; raises TriageError with what is wrong."""
        ...

    def lines(self, url: str, backend: str) -> list[str]:
        """Return the lines of the config file that name this backend."""
        ...
