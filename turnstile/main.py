"""The entry point: what ends the program, with which exit code and which words.

0: all good. 1: something differs, is refuted or violated. 2: asked for what cannot be. 130: Ctrl-C.
"""

from __future__ import annotations

import sys

from turnstile.report import INTERRUPTED


def run() -> None:
    """Run the command line of this process, and exit."""
    try:
        # Imported here since torch and z3 take a second to load: Ctrl-C there is an ordinary end.
        from turnstile.app import call  # noqa: PLC0415

        sys.exit(call(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.stderr.write("turnstile: interrupted.\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    run()
