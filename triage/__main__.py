"""Entry point: `triage` and `python -m triage`."""

import gc
import os
import sys

INTERRUPTED = 130
OBJECTS_PER_COLLECTION = 50_000  # imports make many objects and hardly a cycle: not looked over every 700


def main() -> int:
    """Run the program; an interrupt while it still loads is one sentence too, not a traceback."""
    gc.set_threshold(OBJECTS_PER_COLLECTION, 10, 10)
    try:
        from triage.private import keep_private

        environ = keep_private(os.environ)
        spare_typing_extensions()
        from triage.cli import main as run

        return run(environ=environ)
    except KeyboardInterrupt:
        print("triage: interrupted", file=sys.stderr)
        return INTERRUPTED


def spare_typing_extensions() -> None:
    """Import msgspec without typing_extensions, which it asks first and whose import costs as much as its own.

    All that msgspec wants of it is in `typing` since Python 3.11. Whoever needs it later (Textual) imports it then.
    """
    if "typing_extensions" in sys.modules:
        return
    hidden: dict[str, object] = sys.modules  # type: ignore[assignment]  # None: an import of it fails
    hidden["typing_extensions"] = None
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]


if __name__ == "__main__":
    sys.exit(main())
