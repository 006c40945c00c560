"""Keyrings of six kinds: a real Secret Service (gnome-keyring under dbus-run-session), and back-ends that misbehave."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

PROGRAMS = ("dbus-run-session", "dbus-monitor", "gnome-keyring-daemon")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
# Real back-end classes, found and loaded by the keyring library as it would any other's. Two pose under an allowed
# name, since what is asked is how their behaviour is met and not whether they are let in.
PLUG_IN = '''
import os, pathlib, subprocess, sys, time
from keyring.backend import KeyringBackend

class PlaintextKeyring(KeyringBackend):
    """As keyrings.alt has it: every password in a file, readable."""
    priority = 0.5
    path = pathlib.Path(os.environ["PLAIN_RING"])
    def get_password(self, service, username):
        return dict(line.split("\\t") for line in self.path.read_text().splitlines()).get(username)
    def set_password(self, service, username, password):
        with self.path.open("a") as file: file.write(f"{username}\\t{password}\\n")
    def delete_password(self, service, username): self.path.write_text("")

class Reading(KeyringBackend):
    priority = 9
    def set_password(self, service, username, password): raise AssertionError("asked to write without reading")
    def delete_password(self, service, username): raise AssertionError("asked to delete without reading")

class Hanging(Reading):
    """It never answers, and neither does the helper that it starts outside our process group, on our pipes."""
    def get_password(self, service, username):
        helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(90)"], start_new_session=True)
        pathlib.Path(os.environ["RING_PIDS"]).write_text(f"{os.getpid()} {helper.pid}")
        time.sleep(90)

class Raising(Reading):
    """It fails with an error that quotes what it was given."""
    def get_password(self, service, username): raise ZeroDivisionError(f"secret detail {username}")

for one in (Hanging, Raising):
    one.__module__, one.__qualname__ = "keyring.backends.SecretService", "Keyring"
'''


def write_plug_in(folder: Path) -> dict[str, str]:
    """Put the misbehaving back-ends into `folder`; returns the variables that let the keyring library find them."""
    modules = folder / "ring-modules"
    modules.mkdir(parents=True)
    (modules / "otherring.py").write_text(PLUG_IN, encoding="utf-8")
    plain = folder / "plain-ring"
    plain.touch()
    path = os.pathsep.join(filter(None, (str(modules), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "PLAIN_RING": str(plain), "RING_PIDS": str(folder / "ring-pids")}


def write_keyringrc(config_home: Path, backend: str) -> None:
    """Choose a back-end as a person would: in keyringrc.cfg."""
    file = config_home / "python_keyring" / "keyringrc.cfg"
    file.parent.mkdir(parents=True)
    file.write_text(f"[backend]\ndefault-keyring={backend}\n", encoding="utf-8")


@contextmanager
def secret_service() -> Iterator[dict[str, str]]:
    """Run a session bus and gnome-keyring with an unlocked collection; yields the variables that lead to it."""
    folder = Path(tempfile.mkdtemp(prefix="ring-"))  # short: a socket's path has 108 bytes
    (folder / "run").mkdir(mode=0o700)
    environ = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run")}
    inside = "printf pw | gnome-keyring-daemon --foreground --unlock --components=secrets & echo $0; wait"
    running = subprocess.Popen(
        ["dbus-run-session", "--", "sh", "-c", inside.replace("$0", "$DBUS_SESSION_BUS_ADDRESS")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environ,
        start_new_session=True,
    )
    try:
        assert running.stdout is not None
        address = running.stdout.readline()
        while b"unix:" not in address:  # the keyring says where it listens on the same stream
            assert address, "no session bus came up"
            address = running.stdout.readline()
        found = {"DBUS_SESSION_BUS_ADDRESS": address.decode().strip(), "KEYRINGS": str(folder / "keyrings")}
        _wait_for_service(found)
        yield found
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        shutil.rmtree(folder, ignore_errors=True)


def lock(service: dict[str, str]) -> None:
    """Lock the collection, as a screen lock would."""
    program = (
        "import secretstorage as s; c = s.get_collection_by_alias(s.dbus_init(), 'default'); c.lock(); "
        "assert c.is_locked()"
    )
    subprocess.run([sys.executable, "-c", program], env={**os.environ, **service}, check=True, timeout=30)


@contextmanager
def overheard(service: dict[str, str]) -> Iterator[set[str]]:
    """Listen on the bus; yields a set that holds, once it is left, the names of all methods that were called."""
    calls: set[str] = set()
    address = service["DBUS_SESSION_BUS_ADDRESS"]
    argv = ["dbus-monitor", "--address", address, "--profile"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as listening:
        assert listening.stdout is not None
        words = (line.split() for line in listening.stdout)
        assert any(cells[-1] == "NameLost" for cells in words), "a listener has no name: from here on it hears all"
        yield calls
        asked = (
            "import sys, jeepney.bus_messages as m, jeepney.io.blocking as j; b = j.open_dbus_connection(sys.argv[1])"
        )
        subprocess.run([sys.executable, "-c", f"{asked}; j.Proxy(m.message_bus, b).GetId()", address], check=True)
        for cells in words:
            if cells[0] == "mc":
                calls.add(cells[-1])
            if cells[-1] == "GetId":
                break
        listening.terminate()


def _wait_for_service(service: dict[str, str], seconds: float = 30) -> None:
    """Wait until there is an unlocked collection. Asking too early would make the bus start a second daemon."""
    import secretstorage
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    ends = time.monotonic() + seconds
    while True:
        with suppress(Exception), closing(open_dbus_connection(service["DBUS_SESSION_BUS_ADDRESS"])) as bus:
            owned = Proxy(message_bus, bus).NameHasOwner("org.freedesktop.secrets")[0]
            if owned and not secretstorage.get_collection_by_alias(bus, "default").is_locked():
                return
        assert time.monotonic() < ends, "gnome-keyring did not come up"
        time.sleep(0.05)
