"""The same POSTs from a bare httpx loop: one client, keep-alive, every answer read, anything but success ends it."""

import json
import sys
from pathlib import Path

import httpx

url, token, orders = sys.argv[1:]
with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
    for line in Path(orders).read_text(encoding="utf-8").splitlines():
        headers, body = json.loads(line)
        client.post("/v1/changes", headers=headers, content=body.encode()).raise_for_status().json()
