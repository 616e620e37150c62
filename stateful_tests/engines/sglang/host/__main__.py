"""The host of a release's scheduler: see `commands` for what it can be told."""

from __future__ import annotations

from typing import Any

from stateful_tests.engines.hosting.serve import serve
from stateful_tests.engines.sglang.host.missing import install_stubs


def make_commands() -> Any:
    """Import the release."""
    install_stubs()
    from stateful_tests.engines.sglang.host.commands import Commands  # noqa: PLC0415

    return Commands()


if __name__ == "__main__":
    serve(make_commands)
