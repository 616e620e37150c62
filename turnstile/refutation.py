"""What `turnstile prove` tells after a refutation: can it happen, and does an engine do it, too?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from proofs.planted import Planted
from proofs.prover import find_counterexample
from proofs.reachable import Reached, follow
from spec.machine.rules import Rules
from spec.machine.worlds import LARGE_WORLDS, WORLDS, World
from stateful_tests.bugs import BUGS, Bug
from stateful_tests.with_and_without import Replayed, replay_with_and_without
from turnstile.console import STYLES
from turnstile.parts import Obligation


@dataclass(frozen=True)
class Follow:
    """How far to follow what is refuted: where else to look for a run, and what to do with it."""

    worlds: tuple[World, ...] = ()
    file: Path | None = None  # for the first run
    bug: Bug | None = None  # the one in the text, as it is planted in the engine

    @classmethod
    def of(cls, planted: Planted, file: Path | None) -> Follow:
        """Look in the world of a planted bug, and plant it in the engine as well."""
        world = {**WORLDS, **LARGE_WORLDS}[planted.world]
        return cls((world,), file, BUGS[planted.number])


OWN_WORLD = Follow()
"""Look in the world of the counterexample only."""


def tell_runs(
    console: Console, text: Rules, refuted: Iterable[Obligation], further: Follow
) -> None:
    """Print for each refutation whether a run from the start leads there, and save the first."""
    for result in refuted:
        found = find_counterexample(text, result.action, result.property)
        if found is None:
            continue
        followed = follow(text, found, result.property, further.worlds)
        console.print()
        console.print(f"{result.action}: {result.property}", soft_wrap=True)
        console.print(str(followed), soft_wrap=True)
        if not isinstance(followed, Reached):
            continue
        if further.bug is not None:
            tell_engines(console, replay_with_and_without(further.bug, followed.trace))
        if further.file is not None and not further.file.exists():
            further.file.write_text(followed.trace.dumps(), encoding="utf-8")
            console.print(f"saved: {further.file}", soft_wrap=True)


def tell_engines(console: Console, replayed: Replayed) -> None:
    """Print what the engine does, with the bug and without, on a run of the text that has it."""
    console.print(Text(_with_bug(replayed), _style(replayed.fails_by_name)), soft_wrap=True)
    console.print(Text(_without(replayed), _style(replayed.without is None)), soft_wrap=True)


def _style(good: bool) -> str:
    return STYLES["ok" if good else "failed"]


def _with_bug(replayed: Replayed) -> str:
    bug, difference = replayed.bug, replayed.with_bug
    if difference is None:
        return f"the engine with {bug.id} planted passes: the bug does not show in this run"
    how = "there as well" if replayed.fails_by_name else "in another way"
    after = f"{difference.check} after {len(difference.steps)} actions"
    return f"the engine with {bug.id} planted fails {how}: {after}"


def _without(replayed: Replayed) -> str:
    if replayed.without is not None:
        return f"the engine without it fails, too: {replayed.without.check}"
    num = len(replayed.left_out)
    return "the engine without it passes" + (
        f"; {num} left out: the spec forbids them" if num else ""
    )
