"""A proxy that misbehaves on real connections: the network faults of quality.md, one per request, seeded and counted.

"before" faults never reach the upstream; "after" faults wait for its whole answer (committed) and then destroy it.
"""

import asyncio
import random
import socket
import threading
from collections import Counter, deque
from collections.abc import Coroutine
from typing import Any

from kit.proxy_faults import Ask, Faults, Link, read_request

FAULTS = (
    "refused",  # from here on nobody listens and idle connections are closed, until `set` or `up`
    "reset before",  # RST after the request was read; the upstream never sees it
    "reset after",  # RST after the upstream answered
    "cut body",  # half of the answer, then the end
    "wrong length",  # a Content-Length that is too long, or too short with the connection kept
    "slow drip",  # single bytes, each pause three times the last, so that every read time-out is met in the end
    "stall",  # silence, before or after the upstream had it, until the client goes
    "duplicate delivery",  # the upstream gets it twice, the client one of the answers
    "reordered answers",  # the upstream has it, the client gets an earlier request's answer; waits for one to exist
    "stale keep-alive",  # the kept connection turns out dead when the next request comes; waits for a kept one
    "429 seconds",
    "429 date",
    "503",
    "502 after commit",  # a proxy's HTML page instead of the upstream's answer
    "foreign body",  # the answer with another account in it
    "401",
    "captive portal",  # 200 and a sign-in page
    "redirect elsewhere",  # 307 to a port of its own, where every connection is a leak
    "drop before",  # FIN instead of an answer; the upstream never sees it
    "drop after commit",  # FIN instead of the upstream's answer
)


class Proxy:
    """An HTTP/1.1 proxy on a loopback port in front of `upstream`, in a daemon thread.

    `plan` holds a fault or None per POST to /v1/changes (per request of any kind after `set(…, everywhere=True)`); an
    empty plan passes everything. `hits` counts faults really done; for "refused", which no listener can see, how often
    the port was closed for it. `leaks` counts connections to where "redirect elsewhere" points.
    """

    def __init__(self, upstream: str, seed: int = 0) -> None:
        self.upstream = upstream
        self.plan: deque[str | None] = deque()
        self.hits: Counter[str] = Counter()
        self.leaks = 0
        self._dice = random.Random(seed)
        self._links: dict[Link, bool] = {}  # True: waits for a request
        self._listener: asyncio.Server | None = None
        # Bound but not listening: connects are refused, and nobody else is given the port in the meantime.
        self._keeper = _bound(0)
        self._port = self._keeper.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._call(self._begin())

    # --- for tests ---
    def set(self, *faults: str | None, everywhere: bool = False) -> None:
        """Replace the plan, and listen again if "refused" had closed the port."""
        unknown = {fault for fault in faults if fault is not None} - set(FAULTS)
        assert not unknown, f"no such fault: {unknown}"
        self._call(self._set(faults, everywhere))

    def down(self) -> None:
        """Nobody listens any more, and every connection is reset."""
        self._call(self._go_down(resetting=True))

    def up(self) -> None:
        """Listen again on the same port."""
        self._call(self._go_up())

    def close(self) -> None:
        """End it; every connection is reset."""
        if self._thread.is_alive():
            self._call(self._finish())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
            self._loop.close()
            self._keeper.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    # --- listening ---
    async def _begin(self) -> None:
        self._trap = await asyncio.start_server(self._leak, "127.0.0.1", 0)
        elsewhere = f"http://127.0.0.1:{self._trap.sockets[0].getsockname()[1]}/v1/changes"
        self._faults = Faults(self.upstream, self._dice, elsewhere, lambda: self._listener is not None)
        await self._go_up()

    async def _leak(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.leaks += 1
        writer.close()

    async def _set(self, faults: tuple[str | None, ...], everywhere: bool) -> None:
        self.plan, self._faults.everywhere = deque(faults), everywhere
        await self._go_up()
        self._refuse()

    async def _go_up(self) -> None:
        if self._listener is None:
            self._listener = await asyncio.start_server(self._serve, sock=_bound(self._port))

    def _refuse(self) -> None:
        """Close the port when the plan says so; whoever is being answered is told to close its connection."""
        if self.plan and self.plan[0] == "refused":
            self.plan.popleft()
            self.hits["refused"] += 1
            self._close_port()
            for link, idle in list(self._links.items()):
                if idle:
                    link.reset()

    def _close_port(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _go_down(self, resetting: bool) -> None:
        self._close_port()
        for link in list(self._links) if resetting else ():
            link.reset()

    async def _finish(self) -> None:
        await self._go_down(resetting=True)
        self._trap.close()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:  # a connection just accepted makes another
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.01)
        await self._loop.shutdown_asyncgens()

    # --- one connection ---
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link, reused, kept = Link(reader, writer), False, True
        try:
            while kept:
                self._links[link] = True
                ask = await read_request(reader, reused)
                if ask is None:
                    break
                self._links[link] = False
                fault = self._next(ask)
                if fault is not None:
                    self.hits[fault] += 1
                kept = await self._faults.do(fault)(ask, link)
                kept, reused = kept and self._listener is not None, True
        except (OSError, EOFError, ValueError):
            link.reset()  # one of the ends went away
        finally:
            self._links.pop(link, None)
            writer.close()

    def _next(self, ask: Ask) -> str | None:
        """Take the fault of this request from the plan; one that cannot be done to it yet stays there."""
        method, path = ask.line
        if not self.plan or not (self._faults.everywhere or (method == "POST" and path.startswith("/v1/changes"))):
            return None
        early = {"stale keep-alive": not ask.reused, "reordered answers": self._faults.old is None}
        if early.get(self.plan[0] or ""):
            return None
        fault = self.plan.popleft()
        self._refuse()
        return fault


def _bound(port: int) -> socket.socket:
    # The protocol must be named: asyncio switches Nagle's delay off only on sockets that say they are TCP.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made
