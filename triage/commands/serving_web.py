"""The web server of `triage serve`: textual-serve, let in by a key, a cookie and the page's own origin alone."""

import asyncio
import hmac
import logging
import secrets
import signal
import socket
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server

MOST_WINDOWS = 16
REFUSED = "This page is not yours, or its key is an old one. Open the address that triage serve printed."
_HEADERS = {
    # the page of textual-serve asks a font of another site, which would learn of it
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when the port is taken or the address none of ours."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family[0], socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(family[4])
        bound.listen(64)
    except OSError:
        bound.close()
        raise
    return bound


class Served(Server):
    """One app for each window. Any page of any site may try to open a web socket to this machine: hence the checks."""

    def __init__(self, command: str, host: str, port: int, listening: Callable[[str], None]) -> None:
        """`listening` is told the address to open, once it can be."""
        named = f"[{host}]" if ":" in host else host
        super().__init__(command, host=host, port=port, title="triage", public_url=f"http://{named}:{port}")
        self._key = secrets.token_urlsafe(24)
        self._cookie = f"triage_{port}"  # browsers send cookies to every port of a host
        self._windows = 0
        self._listening = listening

    @property
    def address(self) -> str:
        """What is opened in the browser."""
        return f"{self.public_url}/?key={self._key}"

    def run(self, bound: socket.socket) -> None:
        """Serve until SIGTERM or SIGINT."""
        logging.getLogger().addHandler(logging.NullHandler())
        logging.getLogger("textual-serve").propagate = False  # what it logs quotes what is on the screen
        loop = asyncio.new_event_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.request_exit)
        web.run_app(
            self._make_app(), sock=bound, handle_signals=False, loop=loop, print=lambda *_: None, access_log=None
        )

    async def on_startup(self, app: web.Application) -> None:
        """Tell the address, and nothing else."""
        self._listening(self.address)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in whoever has the key (a page) or the cookie it was given for it, from no other origin than ours."""
        if request.headers.get("Host") != self.public_url.partition("://")[2]:
            raise web.HTTPForbidden(text=REFUSED, headers=_HEADERS)  # another name for this machine: DNS rebinding
        if request.headers.get("Origin", self.public_url) != self.public_url:
            raise web.HTTPForbidden(text=REFUSED, headers=_HEADERS)
        if request.path == "/" and self._is_key(request.query.get("key", "")):
            found = web.HTTPFound("/", headers=_HEADERS)
            found.set_cookie(self._cookie, self._key, httponly=True, samesite="Strict", path="/")
            raise found
        if not self._is_key(request.cookies.get(self._cookie, "")):
            raise web.HTTPForbidden(text=REFUSED, headers=_HEADERS)
        if request.path != "/ws":
            answer = await handler(request)
            answer.headers.update(_HEADERS)
            return answer
        return await self._window(request, handler)

    async def _window(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if "Origin" not in request.headers or self._windows >= MOST_WINDOWS:
            raise web.HTTPForbidden(text=f"{MOST_WINDOWS} windows are open. Close one.", headers=_HEADERS)
        self._windows += 1
        try:
            return await handler(request)
        finally:
            self._windows -= 1

    def _is_key(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._key.encode())
