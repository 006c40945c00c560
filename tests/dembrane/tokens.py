"""Access tokens: JSON Web Tokens signed HS256 by hand."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

Json = dict[str, Any]
MINUTES = 15


class Bad(Exception):
    """No token of ours, or one that has run out."""

    def __init__(self, expired: bool = False) -> None:
        super().__init__("expired" if expired else "wrong")
        self.expired = expired


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


class Signer:
    """Signs and reads tokens with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def _signature(self, signed: str) -> str:
        return _text(hmac.new(self._secret, signed.encode(), hashlib.sha256).digest())

    def sign(self, claims: Json, until: datetime) -> str:
        """The token of `claims`, good up to `until`."""
        parts = ({"alg": "HS256", "typ": "JWT"}, {**claims, "iss": "directus", "exp": int(until.timestamp())})
        signed = ".".join(_text(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        return f"{signed}.{self._signature(signed)}"

    def read(self, token: str, now: datetime) -> Json:
        """The claims of a token; Bad when it isn't ours or has run out."""
        signed, _, signature = token.rpartition(".")
        if not token.isascii() or not hmac.compare_digest(signature, self._signature(signed)):
            raise Bad
        claims: Json = json.loads(_raw(signed.partition(".")[2]))
        if claims["exp"] <= now.timestamp():
            raise Bad(expired=True)
        return claims
