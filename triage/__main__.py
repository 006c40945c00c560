"""Entry point: `triage` and `python -m triage`."""

import os
import sys

INTERRUPTED = 130


def main() -> int:
    """Run the program; an interrupt while it still loads is one sentence too, not a traceback."""
    try:
        from triage.private import keep_private

        environ = keep_private(os.environ)
        from triage.cli import main as run

        return run(environ=environ)
    except KeyboardInterrupt:
        print("triage: interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
