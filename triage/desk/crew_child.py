"""The child of crew: orders first, then chunks on stdin, each answered on stdout; ends with its stdin."""

import gc
import os
import sys

from triage.desk.crew import Orders, receive, send

NICE = 15  # whoever types goes before, and the server and the screen that they wait for
PIECE = 100  # rows: who reads a piece holds up whoever types beside it


def main() -> None:
    """Judge until nobody asks any more."""
    os.nice(NICE)
    gc.disable()  # looking for cycles among what is judged finds none, and takes an eighth of the time
    orders: Orders = receive(sys.stdin.buffer)
    while (task := receive(sys.stdin.buffer)) is not None:
        try:
            done = orders.judge(*task)
            for start in range(0, len(done.made), PIECE):
                send(sys.stdout.buffer, done.made[start : start + PIECE])
            send(sys.stdout.buffer, done._replace(made=[]))
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
