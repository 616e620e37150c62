"""Starts a server that logs its streaming sessions:

    python -m stateful_tests.engines.sglang.live LOGS --model-path ... --enable-streaming-session

All that follows the folder is the server's own. Each scheduler process writes one file there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stateful_tests.engines.sglang.live.process import FOLDER, run_scheduler_process


def main() -> None:
    """Launch the release's own server, with schedulers that log."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(f"usage: {__doc__}")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[FOLDER] = str(folder.resolve())
    from sglang.srt.entrypoints.http_server import launch_server  # noqa: PLC0415
    from sglang.srt.server_args import prepare_server_args  # noqa: PLC0415

    args = prepare_server_args(sys.argv[2:])
    launch_server(args, run_scheduler_process_func=run_scheduler_process)


if __name__ == "__main__":
    main()
