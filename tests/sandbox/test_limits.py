"""Limits and refusals: body size and shape, rate, slow bodies, and problem+json for all of them."""

import json
import socket
from typing import Any

import pytest

from triage.sandbox.limits import BODY_SECONDS, BURST, RATE, RateLimiter
from triage.sandbox.problems import Problem

PROBLEM = "application/problem+json"


def send(world: Any, raw: bytes, **headers: str) -> Any:
    sent = {"Content-Type": "application/json", "Idempotency-Key": "x", **headers}
    return world.client().post("/v1/changes", content=raw, headers=sent)


def everything(wire: socket.socket) -> bytes:
    """What the server says until it hangs up."""
    return b"".join(iter(lambda: wire.recv(65536), b""))


def is_problem(answer: Any, status: int, slug: str) -> bool:
    said = answer.json()
    assert (answer.status_code, said["type"], said["status"]) == (status, slug, status), answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert said["title"]
    assert said["detail"]
    return "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/v2/accounts", 404, "not-found"),
        ("GET", "/v1/accounts/", 404, "not-found"),
        ("GET", "/docs", 404, "not-found"),
        ("GET", "/openapi.json", 404, "not-found"),
        ("DELETE", "/v1/accounts", 405, "method-not-allowed"),
        ("PUT", "/v1/changes", 405, "method-not-allowed"),
        ("GET", "/v1/accounts?limit=0", 422, "invalid"),
        ("GET", "/v1/accounts?limit=1001", 422, "invalid"),
        ("GET", "/v1/accounts?after=-1", 422, "invalid"),
        ("GET", "/v1/accounts?after=99999999999999999999", 422, "invalid"),
        ("GET", "/v1/accounts?after=x", 422, "invalid"),
        ("GET", "/v1/accounts?offset=3", 422, "invalid"),
        ("GET", "/v1/audit?limit=1001", 422, "invalid"),
        ("GET", "/v1/me?verbose=1", 422, "invalid"),
    ],
)
def test_every_refusal_is_problem_json(world: Any, method: str, path: str, status: int, slug: str) -> None:
    answer = world.client().request(method, path)
    assert is_problem(answer, status, slug)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe{}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1' + b"0" * 400 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\\ud800"}',
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 5000,
    ],
)
def test_what_is_not_strict_json_is_400(world: Any, raw: bytes) -> None:
    assert is_problem(send(world, raw), 400, "malformed")


def test_32_levels_are_read(world: Any) -> None:
    assert is_problem(send(world, b"[" * 32 + b"]" * 32), 422, "invalid")
    assert is_problem(send(world, b"[" * 33 + b"]" * 33), 400, "malformed")


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"text"', b"3"])
def test_what_is_no_object_is_422(world: Any, raw: bytes) -> None:
    assert is_problem(send(world, raw), 422, "invalid")


def test_brackets_inside_texts_are_no_depth(world: Any) -> None:
    made = world.add()
    assert world.change("note", made, version=None, params={"text": '"[[[[{{{{\\"' * 40}).status_code == 201


def test_a_body_of_64_KiB_is_read_and_one_byte_more_is_413(world: Any) -> None:
    padding = 64 * 1024 - len(b'{"a":""}')
    assert send(world, b'{"a":"' + b"x" * padding + b'"}').status_code == 422
    assert is_problem(send(world, b'{"a":"' + b"x" * (padding + 1) + b'"}'), 413, "too-large")


def test_the_size_is_counted_on_the_stream_not_believed(world: Any) -> None:
    def chunks() -> Any:
        for _ in range(66):
            yield b" " * 1024

    answer = world.client().post("/v1/changes", content=chunks(), headers={"Content-Type": "application/json"})
    assert is_problem(answer, 413, "too-large")


def test_other_media_types_are_415(world: Any) -> None:
    assert is_problem(
        send(world, b"a=1", **{"Content-Type": "application/x-www-form-urlencoded"}), 415, "unsupported-media-type"
    )


def test_a_body_that_dawdles_is_408(launch: Any) -> None:
    assert BODY_SECONDS == 10
    own = launch(extra=["--body-seconds", "0.5"])
    port = int(own.running.url.rpartition(":")[2])
    token = own.running.token
    head = f"POST /v1/changes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(head.encode() + b"{")
        said = everything(wire).decode()
    assert said.startswith("HTTP/1.1 408")
    assert PROBLEM in said


def test_what_is_not_http_is_a_problem_too(world: Any) -> None:
    port = int(world.running.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        head, _, body = everything(wire).partition(b"\r\n\r\n")
    assert b"400" in head.split(b"\r\n")[0]
    assert json.loads(body)["type"] == "malformed"


def test_hostile_ids_do_no_harm(world: Any) -> None:
    for path in ("%00", "%ff", "a' OR '1'='1", "..%2f..%2fetc", "x" * 5000, "%F0%9F%92%A9"):
        assert world.client().get(f"/v1/accounts/{path}").status_code == 404
        assert world.client().get("/v1/audit", params={"account_id": path}).status_code in (200, 422)


def test_bursts_of_1000_then_100_a_second() -> None:
    now = 0.0
    limiter = RateLimiter(clock=lambda: now)

    def allowed(tries: int) -> int:
        passed = 0
        for _ in range(tries):
            try:
                limiter.check("stf_a")
                passed += 1
            except Problem as problem:
                assert problem.status == 429
                assert problem.headers["Retry-After"] == "1"
        return passed

    assert allowed(1200) == 1000
    now = 0.5
    assert allowed(200) == 50
    limiter.check("stf_b")
    now = 1000.0
    assert allowed(1200) == 1000


def test_too_many_requests_are_429_with_retry_after(launch: Any) -> None:
    assert (RATE, BURST) == (100, 1000)
    own = launch(extra=["--rate", "5:20"])
    answers = (own.client("viewer").get("/v1/me") for _ in range(500))
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert is_problem(refused, 429, "rate-limited")
    assert int(refused.headers["Retry-After"]) >= 1
    assert own.client("lead").get("/v1/me").status_code == 200


def test_a_failure_inside_is_a_problem_without_a_trace(launch: Any) -> None:
    own = launch()
    with own.database.writing() as connection:
        connection.execute("UPDATE accounts SET body = 'not json' WHERE id = 'acc_0'")
    assert is_problem(own.client().get("/v1/accounts/acc_0"), 500, "internal")
    assert own.client().get("/v1/accounts/acc_1").status_code == 200


def test_a_locked_book_is_503_with_retry_after(launch: Any) -> None:
    own = launch()
    with own.database.writing():
        answer = own.client().post(
            "/v1/changes",
            json=(body := own.body("note", "acc_0", params={"text": "x"})),
            headers={"Idempotency-Key": body["change_id"]},
            timeout=20,
        )
    assert is_problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
