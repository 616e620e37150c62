"""Starts the host of a release, asks it line by line, and tells hangs and crashes apart."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import stateful_tests

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ROOT = Path(stateful_tests.__file__).parent.parent

BOOT_LIMIT = 180.0
"""Seconds to import a release: 5 to 30, the longer when nothing is cached."""


class Hung(Exception):  # noqa: N818 - an observation, not a fault of ours
    """The host did not answer in time; its process was ended."""


class Crashed(Exception):  # noqa: N818 - likewise
    """The release raised, or its process died: the traceback, or the end of what it printed."""


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of a process that imports the release in a folder, and this program."""
    path = f"{ROOT}{os.pathsep}{folder}"
    given = {"PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "", "PYTHONHASHSEED": "0"}
    return {**os.environ, **given}


class Client:
    """One host process. It is started when first configured, and again after it died.

    To configure anew costs milliseconds, to start seconds. `python` is an interpreter with the
    packages that the release in `folder` needs, and `host` the module that serves it there.
    """

    def __init__(self, python: Path, folder: Path, host: str, limit: float = 30.0) -> None:
        self.python = python
        self.folder = folder
        self.host = host
        self.limit = limit
        self._process: subprocess.Popen[bytes] | None = None
        self._printed: IO[bytes] | None = None
        self._unread = b""

    def configure(self, world: DataclassInstance) -> dict[str, Any]:
        """Begin anew in a world, whose fields the host knows; return what it tells of itself.

        Raises Hung and Crashed, as all that follows does.
        """
        if self._process is None:
            self._start()
        return self.ask("configure", **asdict(world))

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Perform one command and return what the host tells."""
        assert self._process, "configure comes first"
        assert self._process.stdin, "the host reads from a pipe"
        line = json.dumps({"command": command, **arguments}) + "\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        told = self._answer(self.limit, command)
        if "crash" in told:
            raise Crashed(told["crash"])
        return told

    def stop(self) -> None:
        """End the process, if there is one."""
        if process := self._process:
            self._process = None
            process.kill()
            process.communicate()
        if self._printed:
            self._printed.close()
            self._printed = None

    def _start(self) -> None:
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self._unread = b""
        self._process = subprocess.Popen(
            [self.python, "-P", "-m", self.host],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env=environment(self.folder),
        )
        self._answer(BOOT_LIMIT, "start")

    def _answer(self, limit: float, command: str) -> dict[str, Any]:
        """Read one line, for at most `limit` seconds."""
        assert self._process, "a process answers"
        assert self._process.stdout, "the host writes to a pipe"
        deadline = time.monotonic() + limit
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._unread:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self.stop()
                raise Hung(f"no answer to {command} within {limit:g} s")
            if not (read := os.read(pipe, 1 << 16)):
                raise self._died()
            self._unread += read
        line, self._unread = self._unread.split(b"\n", 1)
        told: dict[str, Any] = json.loads(line)
        return told

    def _died(self) -> Crashed:
        """Return what is known of a process that is gone."""
        assert self._process, "a process died"
        assert self._printed, "what it printed is kept"
        code = self._process.wait(self.limit)
        self._printed.seek(0)
        tail = self._printed.read().decode(errors="replace")[-2_000:]
        self.stop()
        return Crashed(f"the host's process ended with status {code}:\n{tail}")
