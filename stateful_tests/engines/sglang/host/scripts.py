"""Runs scripts beside a release, in its process: what does each say, and how does it end?

Each script runs in a fork, which has the release imported already, and leaves nothing to the next.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence

from stateful_tests.engines.sglang.host.missing import install_stubs

CRASHED = 2
"""The status of a script that could not run to its end."""


def main(paths: Sequence[str]) -> None:
    """Print a JSON object: of each script its status and what it printed."""
    install_stubs()
    pipe = os.dup(1)
    os.dup2(2, 1)  # what the release prints when it is imported
    importlib.import_module("sglang.srt.managers.scheduler")
    ran = {path: run_apart(path) for path in paths}
    os.write(pipe, json.dumps(ran).encode())


def run_apart(path: str) -> tuple[int, str]:
    """Run a script in a fork; return its status and what it printed."""
    with tempfile.TemporaryFile() as printed:
        sys.stdout.flush()
        if not (child := os.fork()):
            os.dup2(printed.fileno(), 1)
            status = run(path)
            sys.stdout.flush()
            os._exit(status)
        _, ended = os.waitpid(child, 0)
        printed.seek(0)
        return os.waitstatus_to_exitcode(ended), printed.read().decode(errors="replace")


def run(path: str) -> int:
    """Run a script as its own program, and return the status that it ends with."""
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        print(end.code)
        return 1
    except Exception:
        print(traceback.format_exc())
        return CRASHED
    return 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1:])
