"""`python -m triage.sandbox`: the reference server by itself."""

import argparse
import sys

from triage.sandbox.command import add_arguments, run


def main() -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="triage sandbox", description="The reference billing server.")
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
