"""Runs a finding's script in an installed release: does the release show it without Turnstile?

    python -m stateful_tests.engines.sglang.findings.run_script R12 --release 0.5.23

The scripts know nothing of this: they run where sglang can be imported. In what Turnstile installs
it can be once the packages that are missing are stood in for, and that is all that is done here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stateful_tests.engines.contender import NotInstalledError
from stateful_tests.engines.hosting.client import environment
from stateful_tests.engines.sglang.findings.known import FINDINGS
from stateful_tests.engines.sglang.install import folder_of, installed, python_of
from stateful_tests.engines.sglang.releases import requirement

SCRIPTS = Path(__file__).parent / "scripts"
"""One of each finding, by its number."""

HOST = "stateful_tests.engines.sglang.host.scripts"

LIMIT = 180.0
"""Seconds to import a release, 5 to 30, and to run its scripts, less than one each."""


class Ran(NamedTuple):
    """How a script ended: 1 if the release has the finding, 0 if not; and what it printed."""

    status: int
    said: str


def run_scripts(numbers: Sequence[str], release: str) -> dict[str, Ran]:
    """Run findings' scripts in one release. Raises NotInstalledError."""
    if release not in installed():
        raise NotInstalledError(f"{requirement(release)} is not installed")
    scripts = {number: str(SCRIPTS / f"{number}.py") for number in numbers}
    done = subprocess.run(
        [python_of(release), "-P", "-m", HOST, *scripts.values()],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
        env=environment(folder_of(release)),
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    told = json.loads(done.stdout)
    return {number: Ran(*told[script]) for number, script in scripts.items()}


def main() -> int:
    """Run one script, print what it says, and return its status."""
    parser = argparse.ArgumentParser(description="Run a finding's script in an installed release.")
    parser.add_argument("finding", choices=[finding.id for finding in FINDINGS])
    parser.add_argument("--release", required=True)
    asked = parser.parse_args()
    try:
        ran = run_scripts([asked.finding], asked.release)[asked.finding]
    except NotInstalledError as missing:
        parser.error(str(missing))
    print(ran.said, end="")
    return ran.status


if __name__ == "__main__":
    sys.exit(main())
