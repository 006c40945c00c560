"""Random bodies against POST /v1/changes: every answer is the contract's, none is a failure of the server."""

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.sandbox.permissions import KINDS

TEXTS = st.text(max_size=12) | st.sampled_from(["", " ", "\x00", "acc_0", "ws_acc_0", "mem_3", "2099-01-01T00:00:00Z"])
LEAVES = st.none() | st.booleans() | st.integers(-5, 10**15) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(LEAVES, lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(TEXTS, deeper, max_size=3))
NAMES = st.sampled_from(
    ["tier", "months", "kind", "percent", "clear", "membership_id", "minutes", "until", "flag", "on", "case_id"]
    + ["closed", "text", "channel", "stage", "causes", "answers", "leaf", "tree_hash", "follow_up_at"]
)
FIELDS = st.sampled_from(["account_id", "workspace_id", "kind", "params", "dedupe_key", "audit", "change_id", "extra"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(KINDS)),
    params=st.dictionaries(NAMES, VALUES, max_size=4),
    broken=st.dictionaries(FIELDS, VALUES, max_size=1),
    audit=st.dictionaries(st.sampled_from(["reason", "authored_at", "client", "shown_before"]), VALUES, max_size=1),
)
def test_no_body_makes_the_server_fail(world: Any, kind: str, params: Any, broken: Any, audit: Any) -> None:
    target = {"id": "acc_0", "workspaces": [{"id": "ws_acc_0"}]}
    body = world.body(kind, target, workspace=True, params=params)
    body = copy.deepcopy({**body, "audit": {**body["audit"], **audit}, **broken})
    key = "x" if "change_id" in broken else body["change_id"]
    headers = {"Idempotency-Key": key, "If-Match": f'"cv-{world.now("acc_0")["version"]}"'}
    answer = world.client().post("/v1/changes", json=body, headers=headers)
    assert answer.status_code in (201, 400, 404, 409, 422, 428), answer.text
    if answer.status_code != 201:
        assert answer.headers["content-type"] == "application/problem+json"
