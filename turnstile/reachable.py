"""`turnstile reachable`: keep what small worlds reach, for the coverage of drawn runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from proofs.vectorised.abstract import AbstractTransitions
from proofs.vectorised.explore import VectorisedExplorer
from spec.machine.abstract import Abstract
from spec.machine.rules import Rules, rules
from spec.machine.worlds import World
from stateful_tests.coverage.reachable import KEPT, dumps
from stateful_tests.coverage.worlds import COVERAGE_WORLDS
from turnstile.bad_input import check_device
from turnstile.console import Progress, make_console
from turnstile.files import check_file, write
from turnstile.options import Device


def reachable(
    file: Annotated[
        Path, typer.Argument(help="The file to write.", show_default="the committed one")
    ] = KEPT,
    device: Device = "cpu",
) -> None:
    """Explore small worlds and keep their abstract transitions: what fuzz is to cover."""
    check_device(device)
    check_file(file)
    console = make_console()
    found: dict[str, set[Abstract]] = {}
    with Progress(console, lambda: f"{len(found)} worlds explored") as progress:
        for world in COVERAGE_WORLDS.values():
            found[world.name] = reached(rules(), world, device)
            progress()
    write(file, dumps(found))
    num_worlds = Counter(each for transitions in found.values() for each in transitions)
    for name, transitions in found.items():
        alone = sum(num_worlds[each] == 1 for each in transitions)
        console.print(f"{len(transitions):6,}  {name}, {alone:,} of them no other world")
    console.print(f"{len(num_worlds):6,}  in all, kept in {file}", soft_wrap=True)


def reached(text: Rules, world: World, device: str = "cpu") -> set[Abstract]:
    """Return every abstract transition that a world reaches; no property may be broken there."""
    explorer = VectorisedExplorer(text, world, device)
    transitions = AbstractTransitions(explorer.machine)
    found = explorer.run(visit=transitions.visit)
    assert found.violation is None, f"{found.violation} in world {world.name}"
    return transitions.found
