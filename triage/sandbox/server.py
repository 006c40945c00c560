"""Listening: uvicorn on a loopback socket of ours, its own errors as problem+json, a quick and clean end."""

import signal
import socket
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from triage.sandbox.problems import MEDIA_TYPE, malformed

HOST = "127.0.0.1"


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, with its plain-text 400 for unreadable requests turned into problem+json."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP and hang up."""
        body = bytes(malformed("This is not an HTTP request the server can read.").response().body)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        events = (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage())
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()


class Server(uvicorn.Server):
    """A uvicorn server that says when it listens and when it is about to end."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell, so that streams without an end find one, then wait for the others."""
        self._ending()
        await super().shutdown(sockets)


def bind(port: int) -> socket.socket:
    """A loopback socket on `port` (0 = any free one); OSError when it is taken."""
    # the protocol must be named: asyncio switches Nagle's delay off only on sockets that say they are TCP
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


def build(app: ASGIApp, listening: Callable[[], None], ending: Callable[[], None] = lambda: None) -> Server:
    """The server for `app`; set `should_exit` from any thread to end it. `ending` is called before it waits."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return Server(config, listening, ending)


def run(server: Server, bound: socket.socket) -> None:
    """Serve until SIGTERM, SIGINT or `should_exit`; returns normally after each of them."""

    def ignore(_number: int, _frame: Any) -> None:
        """uvicorn raises the signal again after its shutdown; by then it has done its work."""

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ignore)
    server.run(sockets=[bound])
