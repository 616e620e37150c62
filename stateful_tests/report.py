"""What a failure looks like: the minimal trace as code, both sides, and how to see it again."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
from dataclasses import asdict
from pathlib import Path

from stateful_tests.run import Failure


def save(failure: Failure, directory: Path) -> Path:
    """Write the failure's trace, named after the check that it breaks, and return the file."""
    text = failure.setting.trace(failure.difference.steps).dumps()
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{failure.difference.check}-{digest}.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def describe(failure: Failure, path: Path, engine: str) -> str:
    """Return everything one needs to understand and repeat the failure of the engine so named."""
    setting = failure.setting
    command = ["turnstile", "replay", str(path), "--engine", engine, "--device", setting.device]
    sizes = ", ".join(f"{name} {value}" for name, value in asdict(setting.size).items())
    return "\n".join(
        [
            str(failure.difference),
            f"world: {sizes}; token_budget {setting.token_budget}, overlap {setting.overlap}, "
            f"num_drafts {setting.num_drafts}",
            f"seed {setting.seed}, device {setting.device}, commit {commit()}",
            f"saved as {path}; replay it with",
            f"  {shlex.join(command)}",
        ]
    )


def commit() -> str:
    """Return the commit of this checkout, marked if files differ from it; or "unknown"."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
