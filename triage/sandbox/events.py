"""`GET /v1/events`: word that accounts or the trail moved; the book is looked at, so that no writer has to tell."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from triage.sandbox import chain, store
from triage.sandbox.codec import dumps
from triage.sandbox.service import Service

MEDIA_TYPE = "text/event-stream"
LOOK = 0.2  # seconds
BEAT = 15.0  # seconds without an event after which a comment shows that the line still stands
MOST = 100  # accounts named at once; word of the last of a thousand is as good a hint


class _Tops(NamedTuple):
    account: int
    audit: int


async def stream(book: Service) -> AsyncIterator[str]:
    """Yield what moved from now on, until the client hangs up or the server ends."""
    try:
        seen, told = await run_in_threadpool(_tops, book), time.monotonic()
        yield ": listening\n\n"
        while not book.ended.is_set():
            await asyncio.sleep(LOOK)
            moved, seen = await run_in_threadpool(_moved, book, seen)
            if moved or time.monotonic() - told > BEAT:
                told = time.monotonic()
                yield moved or ": still here\n\n"
    except sqlite3.Error:  # the book was closed under us
        return


def _tops(book: Service) -> _Tops:
    with book.database.reading() as connection:
        return _Tops(store.next_seq(connection) - 1, chain.head(connection).seq)


def _moved(book: Service, seen: _Tops) -> tuple[str, _Tops]:
    query = "SELECT id, seq FROM accounts WHERE seq > ? ORDER BY seq DESC LIMIT ?"
    with book.database.reading() as connection:
        top = _Tops(store.next_seq(connection) - 1, chain.head(connection).seq)
        rows = connection.execute(query, (seen.account, MOST)).fetchall() if top.account > seen.account else []
    said = [_event("account-changed", {"id": row["id"], "seq": row["seq"]}) for row in reversed(rows)]
    if top.audit > seen.audit:
        said.append(_event("audit-appended", {"seq": top.audit}))
    return "".join(said), top


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {dumps(data)}\n\n"
