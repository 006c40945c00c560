"""The child of crew: orders first, then chunks on stdin, each answered on stdout; ends with its stdin."""

import os
import sys

from triage.desk.crew import Orders, receive, send

NICE = 5  # whoever types goes before


def main() -> None:
    """Judge until nobody asks any more."""
    os.nice(NICE)
    orders: Orders = receive(sys.stdin.buffer)
    while (task := receive(sys.stdin.buffer)) is not None:
        try:
            send(sys.stdout.buffer, orders.judge(*task))
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
