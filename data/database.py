"""Opening SQLite files: private, of our own kind and schema, or a typed error that says what is the matter."""

import fcntl
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import FileProblem
from data.steps import Steps, stepped_connection

BUSY_SECONDS = 5.0
SMALLEST = 512  # bytes; what is shorter SQLite itself takes for an empty file, and would begin anew
NETWORK_TYPES = frozenset(
    (
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "beegfs",
        "ocfs2",
        "gfs2",
        "9p",
        "davfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.davfs",
        "fuse.s3fs",
        "fuse.rclone",
        "prl_fs",
        "vboxsf",
    )
)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WITHOUT_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class DatabaseProblem(FileProblem):
    """A database file that cannot be used; `path` is the file."""

    def __init__(self, path: Path | str, sentence: str) -> None:
        super().__init__(f"{path}: {sentence}")
        self.path = Path(path)


class Damaged(DatabaseProblem):
    """The bytes are not a sound SQLite file."""


class ForeignFile(DatabaseProblem):
    """A SQLite file that another program, or another part of triage, made."""


class OldSchema(DatabaseProblem):
    """Made by an earlier triage with an older schema; `found` is its number."""

    def __init__(self, path: Path | str, sentence: str, found: int) -> None:
        super().__init__(path, sentence)
        self.found = found


class NewSchema(DatabaseProblem):
    """Made by a later triage with a newer schema."""


class Unwritable(DatabaseProblem):
    """The file cannot be opened or written now: permissions, a full or read-only disk, or a lock that does not end."""


class DiskFull(Unwritable):
    """There is no room. What is and what to do come before the path: a status line is cut at its end."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path, "the disk is full")
        self.args = (f"The disk is full. Make room; nothing is lost. Until then {path} cannot be used.",)


def connect(
    path: Path,
    *,
    application_id: int,
    schema: int,
    sql: str,
    wal: bool,
    synchronous: str,
    steps: Steps | None = None,
) -> sqlite3.Connection:
    """Open (or make) a database file, 0600 in directories made 0700 whatever the umask, in autocommit mode.

    `sql` makes the tables of an empty file, in one transaction with its application id and schema number. `wal` False
    means a rollback journal, and so does a network file system. Raises Damaged, ForeignFile, OldSchema, NewSchema,
    Unwritable; the file is then closed and untouched. Damage is looked for cheaply: header, size and table of contents.
    """
    try:
        if path.exists() and not path.is_file():
            raise Unwritable(path, "is not a file. Move it away.")
        if path.exists() and 0 < path.stat().st_size < SMALLEST:
            raise Damaged(path, f"is damaged ({path.stat().st_size} bytes are no database).")
        make_private(path)
        factory = sqlite3.Connection if steps is None else stepped_connection(steps, path.stem)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, factory=factory)
    except (OSError, sqlite3.OperationalError) as error:
        raise Unwritable(path, f"cannot be opened ({error}).") from error
    try:
        _identify(connection, path, application_id, schema, sql)
        _set_journal(connection, "WAL" if wal and not on_network(path) else "DELETE")
        connection.execute(f"PRAGMA synchronous={synchronous}")
    except UnicodeDecodeError as error:  # SQLite's own message, in the words of the damaged file
        connection.close()
        raise Damaged(path, "is damaged (its table of contents cannot be read).") from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise problem(error, path) from error
    except DatabaseProblem:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run a block in one BEGIN IMMEDIATE transaction: committed at its end, rolled back by any exception.

    A full disk, a read-only file, an endless lock or found damage come out as Unwritable or Damaged.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        raise problem(error, file_of(connection)) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def problem(error: sqlite3.DatabaseError, path: Path | str) -> DatabaseProblem:
    """Say in our own errors what SQLite complains about."""
    # An extended code carries the primary one in its low byte.
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code in _DAMAGE or str(error).startswith("Could not decode to UTF-8"):
        return Damaged(path, f"is damaged ({error}).")
    if code in _WITHOUT_ROOM and _is_full(Path(path).parent):
        return DiskFull(path)
    return Unwritable(path, f"cannot be used now ({error}).")


def _is_full(directory: Path) -> bool:
    """True when not even a page can be had; SQLite calls that an I/O error where it maps memory."""
    try:
        free = os.statvfs(directory)
    except OSError:
        return False
    return free.f_bavail * free.f_frsize < 64 * 1024


def check_all(connection: sqlite3.Connection) -> None:
    """Read the whole file for damage (PRAGMA quick_check); costs time in proportion to its size. Raises Damaged."""
    path = file_of(connection)
    try:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise problem(error, path) from error
    if found != "ok":
        raise Damaged(path, f"is damaged ({found.splitlines()[-1]}).")


def file_of(connection: sqlite3.Connection) -> Path:
    """Return the path of the main database of a connection."""
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


def make_private(path: Path) -> None:
    """Make the file (0600) and its missing directories (0700); an existing file of ours is narrowed to 0600.

    An existing file is never opened here: closing it would drop the locks of this process's other connections.
    """
    make_directory(path.parent)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        status = path.stat()
        if status.st_mode & 0o077 and status.st_uid == os.getuid():
            path.chmod(0o600)
        return
    os.fchmod(handle, 0o600)
    os.close(handle)


def open_lock_file(path: Path) -> int:
    """Open a file that only serves flock, making it (0600) and its directories (0700); returns the descriptor.

    Raises Unwritable.
    """
    try:
        make_directory(path.parent)
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        os.fchmod(handle, 0o600)
    except OSError as error:
        raise Unwritable(path, f"cannot be opened ({error}).") from error
    return handle


def lock_file(handle: int, how: int, path: Path) -> bool:
    """flock an open file, `how` as in fcntl; False when it is taken (with LOCK_NB). Raises Unwritable.

    Some network file systems know no locks. Going on without them would let two processes write at once.
    """
    try:
        fcntl.flock(handle, how)
    except BlockingIOError:
        return False
    except OSError as error:
        raise Unwritable(path, f"cannot be locked ({error}). Use a --home on a local disk.") from error
    return True


def make_directory(directory: Path) -> None:
    """Make a directory and its missing parents, each 0700 whatever the umask; existing ones are left as they are."""
    missing = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        one.chmod(0o700)


def on_network(path: Path) -> bool:
    """True when the file lies on a network file system, where WAL's shared memory does not work."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return mount_type(path.resolve(), mounts) in NETWORK_TYPES


def mount_type(path: Path, mounts: str) -> str:
    """Return the file system type of an absolute path by the text of /proc/self/mounts ("" when not found)."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[1])
        if len(point) >= len(best) and path.is_relative_to(point):
            best, kind = point, fields[2]
    return kind


def _identify(connection: sqlite3.Connection, path: Path, application_id: int, schema: int, sql: str) -> None:
    """Check whose file this is, making the tables when it is empty."""
    if _is_empty(connection):
        with transaction(connection):
            if _is_empty(connection):  # another process may have made it while we waited
                for statement in sql.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id={application_id}")
                connection.execute(f"PRAGMA user_version={schema}")
    found_id = connection.execute("PRAGMA application_id").fetchone()[0]
    found_schema = connection.execute("PRAGMA user_version").fetchone()[0]
    if found_id != application_id:
        raise ForeignFile(path, "was made by another program.")
    if found_schema < schema:
        raise OldSchema(path, f"has schema {found_schema}, this triage needs {schema}.", found_schema)
    if found_schema > schema:
        raise NewSchema(path, f"has schema {found_schema}, newer than this triage knows ({schema}). Update triage.")


def _is_empty(connection: sqlite3.Connection) -> bool:
    """True for a file without tables that nobody has claimed; reading the contents also finds a cut file."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return bool(tables == 0 and connection.execute("PRAGMA application_id").fetchone()[0] == 0)


def _set_journal(connection: sqlite3.Connection, mode: str) -> None:
    """Set the journal mode; changing it needs a moment alone with the file, so it is tried for a while."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if connection.execute(f"PRAGMA journal_mode={mode}").fetchone()[0] == mode.lower():
                return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            return
        time.sleep(0.02)
