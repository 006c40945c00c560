"""dembrane for tests: its staff API and its Directus on two loopback ports, in a thread, with switches and a log.

Written from the facts alone. Where they leave something open, the double reads them like this: reading routes spell
times with Z and answers to writes with +00:00; a trial takes `payment_mode` to none; the free tier bills by none; the
names of the rollup's totals, but for `logins_last_30d`, and of `effects_applied` are the double's own.
"""

import socket
import threading
from collections.abc import Iterable

import uvicorn
from dembrane import api, directus, rollup, writing
from dembrane.book import Account, Book, Org
from dembrane.clock import Clock
from dembrane.front import KINDS, Fault, Front, Received
from dembrane.generate import generate
from dembrane.state import State
from dembrane.tokens import MINUTES
from starlette.middleware.gzip import GZipMiddleware

HOST = "127.0.0.1"
GZIP_FROM = 1024
HANG_SECONDS = 93.0
STAFF = "maya@vendor.example"


class Double:
    """A running double; `with Double(...) as double`, then `double.url` and `double.directus_url`.

    Staff (all in `book.staff`, password `pass-NAME`): maya, tom (OTP 123456), vera (may not read Directus users), all
    at vendor.example; nils@customer.example is no staff.
    """

    def __init__(self, workspaces: int = 60, seed: int = 1, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.book: Book = generate(workspaces, seed, self.clock.now())
        self.state = State(self.book, self.clock)
        self._bound = [_bind(), _bind()]
        ports = [one.getsockname()[1] for one in self._bound]
        self.url, self.directus_url = (f"http://{HOST}:{port}" for port in ports)
        staff_api = api.app(self.state, api.reading(), writing.of_workspaces(), writing.of_accounts())
        identity = api.app(self.state, directus.routes(self.state.sessions))
        identity.add_exception_handler(directus.Refused, directus.refused)
        self._front = Front(
            {
                ports[0]: ("api", GZipMiddleware(staff_api, minimum_size=GZIP_FROM, compresslevel=6)),
                ports[1]: ("directus", GZipMiddleware(identity, minimum_size=GZIP_FROM)),
            },
            self.clock,
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._front, http="h11", ws="none", loop="asyncio", lifespan="off", log_level="critical",
                access_log=False, server_header=False, timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        self._thread = threading.Thread(target=self._server.run, args=(self._bound,), daemon=True)

    def start(self) -> "Double":
        """Serve; whoever asks before the thread is up is answered when it is."""
        self._thread.start()
        return self

    def __enter__(self) -> "Double":
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.end()
        self._thread.join(10)

    def end(self) -> None:
        """Tell it to stop; it has within half a second, whoever still waits for an answer."""
        self._server.should_exit = self._server.force_exit = True

    # --- what tests read ---
    @property
    def ended(self) -> bool:
        """Whether it has stopped serving."""
        return not self._thread.is_alive()

    @property
    def log(self) -> list[Received]:
        """Everything received, oldest first."""
        return self._front.log

    def received(self, path: str, method: str | None = None) -> list[Received]:
        """The requests whose path holds `path`."""
        return [one for one in self.log if path in one.path and method in (None, one.method)]

    @property
    def writes(self) -> list[Received]:
        """The requests to the staff API that may change something."""
        return [one for one in self.log if one.service == "api" and one.method != "GET"]

    # --- what tests turn ---
    def token(self, email: str = STAFF, minutes: float = MINUTES) -> str:
        """An access token without signing in, as one from the environment."""
        return self.state.sessions.access(self.book.staff[email], minutes)

    def degrade(self, modes: Iterable[str], slow: float = 0.0) -> None:
        """Let parts of the store fail (see rollup.MODES; none = well again), as if the rollup cache had run out."""
        chosen = frozenset(modes)
        assert chosen <= set(rollup.MODES), chosen
        self.state.degraded, self.state.slow = chosen, slow
        self.state.forget()

    def fault(
        self, kind: str, path: str = "", *, method: str | None = None, times: int = 1, seconds: float = HANG_SECONDS
    ) -> None:
        """Spoil the next `times` requests that match; kinds in front.KINDS, `seconds` for hang and delay."""
        assert kind in KINDS, kind
        self._front.faults.append(Fault(kind, path, method, times, seconds))

    def bill(self, account: Account, payment_mode: str) -> None:
        """A colleague changes the billing mode elsewhere: like a tier change, the rollup cache does not notice."""
        account.payment_mode = payment_mode

    def mark_partner(self, org: Org, is_partner: bool) -> None:
        """A colleague makes an organisation a partner elsewhere: that clears the rollup cache."""
        org.is_partner = is_partner
        self.state.forget()

    def well(self) -> None:
        """No faults, nothing degraded, the rollup cache empty."""
        self._front.faults.clear()
        self.degrade(())

    def gather(self, writers: int) -> None:
        """Let the next tier changes run truly in parallel: all read before one writes."""
        self.state.gather(writers)


def _bind() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind((HOST, 0))
    bound.listen()  # clients may connect before the thread serves
    return bound
