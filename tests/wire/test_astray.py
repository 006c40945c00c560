"""A refusal that belongs to another change is no verdict on this one: a muddled connection proves nothing."""

import json

import httpx
import pytest

from data.push import look_up
from data.remedy import State

OTHER = "00000000-0000-4000-8000-000000000000"


def refused(status, slug, about):
    body = json.dumps({"type": slug, "title": "Title", "status": status, "detail": "So it is."}).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/problem+json\r\ncontent-length: {len(body)}\r\n"
    return f"{head}idempotency-key: {about}\r\n\r\n".encode() + body


@pytest.mark.parametrize(("status", "slug"), [(403, "forbidden"), (404, "not-found"), (412, "x"), (422, "rule")])
def test_I1_a_refusal_of_another_change_ends_nothing(bench, status, slug):
    bench.peer.script = [refused(status, slug, OTHER)]
    change = bench.person.write(bench.account)
    bench.person.push()
    assert (bench.person.row(change).state, bench.person.row(change).unknown) == (State.SENDING, True)
    bench.peer.script = [refused(status, slug, change.change_id)]
    bench.person.push(ignore_backoff=True)
    assert not bench.person.row(change).unknown and bench.person.row(change).needs_you


def test_I1_a_404_to_another_look_up_proves_nothing(bench):
    bench.peer.script = [b""]
    change = bench.person.write(bench.account)
    bench.person.push()
    bench.person.clock.move(minutes=5)
    bench.peer.fixed["/v1/me"] = lambda conn, _: bool(conn.sendall(me()) or True)
    bench.peer.script = [refused(404, "not-found", OTHER)]
    with pytest.raises(Exception, match="nothing is known"):
        look_up(bench.person.backend, bench.person.outbox, change.change_id, bench.person.clock())
    assert bench.person.row(change).unknown
    bench.peer.script = [refused(404, "not-found", change.change_id)]
    assert not look_up(bench.person.backend, bench.person.outbox, change.change_id, bench.person.clock()).unknown


def me():
    """Who the bench's person is."""
    body = {"staff_id": "stf_maya", "name": "Maya Okafor", "email": None, "role": "lead", "permissions": []}
    raw = json.dumps({**body, "discount_limit": 100.0, "server_time": None}).encode()
    return b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(raw) + raw


def test_the_server_names_the_change_in_every_refusal_of_one(shop):
    maya = shop.person()
    change = maya.write(shop.account())
    with httpx.Client(headers={"Authorization": f"Bearer {shop.running.token}"}) as client:
        key = {"Idempotency-Key": change.change_id, "Content-Type": "application/json"}
        url = f"{shop.running.url}/v1/changes"
        stale = client.post(url, content=change.body, headers={**key, "If-Match": '"cv-999"'})
        gone = client.get(f"{url}/{change.change_id}")
        strange = client.get(f"{url}/a%0d%0aSet-Cookie:%20b=c")
    assert [stale.status_code, gone.status_code, strange.status_code] == [412, 404, 404]
    assert stale.headers["idempotency-key"] == gone.headers["idempotency-key"] == change.change_id
    assert "idempotency-key" not in strange.headers
