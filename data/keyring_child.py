"""The child of keyring_probe: one question to the keyring on stdin, one JSON answer on stdout."""

import json
import sys
from contextlib import closing
from typing import Any

# Where tokens are encrypted by the operating system. Anything else, plain-text files above all, is refused.
ALLOWED = {
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.libsecret.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.kwallet.DBusKeyringKWallet4",
    "keyring.backends.macOS.Keyring",
    "keyring.backends.Windows.WinVaultKeyring",
}
SECRET_SERVICE = "keyring.backends.SecretService.Keyring"
CHAINER = "keyring.backends.chainer.ChainerBackend"
NOTHING = {"keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"}


def name_of(backend: object) -> str:
    """Return the full name of a backend's class."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def allowed_backend(backend: Any) -> Any | None:
    """Return the backend, or the first allowed one of a chain; None where none is allowed."""
    if name_of(backend) == CHAINER:
        return next((link for link in backend.backends if name_of(link) in ALLOWED), None)
    return backend if name_of(backend) in ALLOWED else None


def locked_service() -> bool:
    """True when the Secret Service would have to ask a person first; asking for a token would open its prompt.

    Nobody could answer it in the three seconds there are, and over SSH nobody would even see it.
    """
    import secretstorage

    try:
        with closing(secretstorage.dbus_init()) as bus:
            return bool(secretstorage.get_collection_by_alias(bus, "default").is_locked())
    except secretstorage.ItemNotFoundException:
        return True  # there is no collection yet; making one asks for a new password
    except secretstorage.SecretStorageException:
        return False  # the backend's own errors say what it is


def ask(action: str, service: str, user: str, token: str | None) -> dict[str, Any]:
    """Return `{"state", "backend", "token"}`; `token` is what was stored before."""
    import keyring
    from keyring.errors import InitError, KeyringError, KeyringLocked, NoKeyringError

    found: Any = keyring.get_keyring()
    if name_of(found) in NOTHING or (name_of(found) == CHAINER and not list(found.backends)):
        return {"state": "none", "backend": "", "token": None}
    backend = allowed_backend(found)
    if backend is None:
        return {"state": "plain", "backend": name_of(found), "token": None}
    name = name_of(backend)
    if name == SECRET_SERVICE and locked_service():
        return {"state": "locked", "backend": name, "token": None}
    try:
        before = backend.get_password(service, user)
        if action == "set":
            backend.set_password(service, user, token)
        elif action == "delete" and before is not None:
            backend.delete_password(service, user)
    except (KeyringLocked, InitError):
        return {"state": "locked", "backend": name, "token": None}
    except NoKeyringError:
        return {"state": "none", "backend": name, "token": None}
    except KeyringError:
        return {"state": "raising", "backend": name, "token": None}
    return {"state": "good", "backend": name, "token": before}


if __name__ == "__main__":
    print(json.dumps(ask(**json.load(sys.stdin))))
