"""The engine takes memory of its device when it is made, and in passes, which may fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from impl.engine import Engine
from stateful_tests.alone.client import Client
from stateful_tests.alone.test_tokens import KINDS, configured, every_kind

WITHOUT_MEMORY = {"aten.select.int", "aten.zero_.default", "aten.copy_.default"}
"""Views, and what is written in place."""


class Outside(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operations on tensors that are not of a pass, of a draft or of a read."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: Counter[str] = Counter()
        self.num_passes = self._inside = 0
        for owner, name in (
            (engine.runner, "forward"),
            (engine.runner, "verify"),
            (engine.launcher, "read"),
            (engine.launcher, "_forward"),
            (engine.launcher.drafter, "draft"),
        ):
            setattr(owner, name, self._around(getattr(owner, name)))

    def _around(self, compute: Callable[..., Any]) -> Callable[..., Any]:
        def entered(*args: Any) -> Any:
            self._inside += 1
            self.num_passes += 1
            try:
                return compute(*args)
            finally:
                self._inside -= 1

        return entered

    def __torch_dispatch__(
        self, func: Any, _types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Perform an operation, and count it."""
        if not self._inside:
            self.seen[str(func)] += 1
        return func(*args, **(kwargs or {}))


@every_kind
def test_outside_of_passes_no_memory_is_taken_that_the_device_could_lack(kind: str) -> None:
    client = Client(Engine(configured(kind, 2)), seed=1)
    with Outside(client.engine) as outside:
        for _ in range(120):
            client.ask()
            client.engine.step()
    assert outside.num_passes > 60
    assert set(outside.seen) == (WITHOUT_MEMORY if "recurrents" in KINDS[kind] else set())
