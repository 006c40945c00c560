"""`triage sandbox`: seed or open a book, serve it on loopback, say where on stdout."""

import argparse
import json
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triage.sandbox import seed, server
from triage.sandbox.app import layered
from triage.sandbox.clock import Clock
from triage.sandbox.faults import BadSpec, Faults
from triage.sandbox.limits import BODY_SECONDS, BURST, RATE, RateLimiter
from triage.sandbox.service import Service
from triage.sandbox.ticker import Ticker

DEFAULT_PORT = 8787


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _faults(text: str) -> Faults:
    try:
        return Faults.parse(text)
    except BadSpec as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise ValueError(text)
    return count


def _rate(text: str) -> tuple[float, float]:
    rate, _, burst = text.partition(":")
    return float(rate), float(burst)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `triage sandbox`."""
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="port on 127.0.0.1; 0 = any free one")
    parser.add_argument("--accounts", type=_count, default=1000, metavar="N", help="size of a new book (1000)")
    parser.add_argument("--seed", type=int, default=7, metavar="S", help="same seed and day, same book (7)")
    parser.add_argument(
        "--db", type=Path, default=None, metavar="FILE", help="keep the book; an existing one is opened"
    )
    parser.add_argument("--live", action="store_true", help="a slow trickle of usage and logins")
    parser.add_argument(
        "--faults",
        type=_faults,
        default=None,
        metavar="SPEC",
        help="misbehave: kind=probability[:arg],… of delay, drop_before, drop_after, error, html, truncate, duplicate, "
        "too_many; seed=N; path=PREFIX",
    )
    parser.add_argument("--clock-offset", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--body-seconds", type=float, default=BODY_SECONDS, help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=_rate, default=(RATE, BURST), metavar="R:BURST", help=argparse.SUPPRESS)
    parser.add_argument("--parent-pid", type=int, default=None, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT (0); 1 when the port is taken or the file is not a book."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(args)
    except KeyboardInterrupt:
        # asked to end while still seeding: nothing is left behind
        return 0


def _run(args: argparse.Namespace) -> int:
    try:
        bound = server.bind(args.port)
    except OSError as error:
        _say(f"Port {args.port} cannot be used: {error.strerror}. Try --port 0.")
        return 1
    with bound, _scratch(args.db) as scratch:
        path = args.db or scratch / "book.db"
        clock = Clock(args.clock_offset)
        try:
            _open_or_seed(path, args.accounts, args.seed, clock)
        except seed.NotABook as error:
            _say(str(error))
            return 1
        except OSError as error:
            _say(f"{path} cannot be written: {error.strerror}.")
            return 1
        service = Service.open(path, clock)
        service.limiter = RateLimiter(*args.rate)
        _serve(bound.getsockname()[1], args, service, bound)
    return 0


@contextmanager
def _scratch(db: Path | None) -> Iterator[Path]:
    """Yield where a book without a place of its own lies; with one nothing is made that a kill would leave behind."""
    if db is not None:
        yield db.parent
        return
    with tempfile.TemporaryDirectory(prefix="triage-sandbox-") as folder:
        yield Path(folder)


def _open_or_seed(path: Path, count: int, number: int, clock: Clock) -> None:
    if seed.exists(path):
        _say(f"Opening the book in {path}.")
        return
    from triage.sandbox import book

    started = time.monotonic()
    today = clock.now().date()
    seed.write(path, book.generate(count, number, today), book.STAFF, today)
    _say(f"Seeded {count} accounts (seed {number}) in {time.monotonic() - started:.1f} s.")


def _serve(port: int, args: argparse.Namespace, service: Service, bound: socket.socket) -> None:
    url = f"http://{server.HOST}:{port}"

    def listening() -> None:
        line = {"url": url, "token": service.tokens["lead"], "tokens": service.tokens}
        print(json.dumps(line), flush=True)
        _say(f"Listening on {url}; Ctrl+C ends it.")

    serving = server.build(layered(service, args.faults, args.body_seconds), listening, service.ended.set)

    def end() -> None:
        serving.should_exit = True

    ticker = Ticker(service, args.live, args.parent_pid, end, random.Random(args.seed))
    ticker.start()
    try:
        server.run(serving, bound)
    finally:
        ticker.stop()
        service.database.close()
