"""Entry point: `triage` and `python -m triage`."""

import sys

INTERRUPTED = 130


def main() -> int:
    """Run the program; an interrupt while it still loads is one sentence too, not a traceback."""
    try:
        from triage.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("triage: interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
