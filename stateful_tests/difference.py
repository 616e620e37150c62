"""A difference between spec and engine: which check saw it, what each side said, after what."""

from __future__ import annotations

from dataclasses import dataclass, field

from spec.machine.trace import Step, show


@dataclass
class Difference(AssertionError):  # noqa: N818 - named as the report reads
    """Spec and engine disagree, or the engine broke one of its own rules.

    `check` is the name of what was violated: an invariant of the spec, or one of the comparisons.
    """

    check: str
    detail: str
    spec: str = ""
    engine: str = ""
    state: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def __str__(self) -> str:
        """Show the trace, what went wrong after its last action, and both sides."""
        lines = [f"{self.check}: {self.detail}"]
        if self.spec or self.engine:
            lines += [f"  spec:   {self.spec}", f"  engine: {self.engine}"]
        lines += [f"  {line}" for line in self.state]
        if self.steps:
            lines += [f"after {len(self.steps)} actions:"]
            lines += [f"  {show(step)}" for step in self.steps]
        return "\n".join(lines)
