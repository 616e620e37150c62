"""How many scheduler steps a second lockstep makes with an engine, outside Hypothesis and inside.

    python -m benchmarks.lockstep 'sglang==0.5.23[normal]' --seconds 20

States, structures, KV contents and outputs are compared after every action. What leads to known
findings is left alone, so that the run goes on; two actions in three are steps, as it takes several
to answer one request. Engine and driver take turns: pinned to one core
(`taskset -c 0`) they are hardly slower than on two.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
import typer

from spec.machine.trace import STEP, Step
from stateful_tests.engines.contender import Contender
from stateful_tests.engines.find import find
from stateful_tests.fuzz import Fuzz
from stateful_tests.lockstep import Lockstep
from stateful_tests.machine import machine, search
from stateful_tests.setting import Setting

STEPS = 8
"""How often a step is drawn, relative to requests, of which any other is drawn once or twice."""

RUNS = 10
"""Runs that Hypothesis draws at a time."""


class Counting(Lockstep):
    """Counts what it is asked to do."""

    done: ClassVar = Counter[str]()

    def do(self, step: Step) -> bool:
        """Count an action, and perform it."""
        self.done[step[0]] += 1
        return super().do(step)


def outside(contender: Contender, seconds: float) -> str:
    """Measure drawn runs."""
    fuzz = Fuzz(make=contender.lockstep, drawn=contender.drawn)
    fuzz.one()
    before = fuzz.actions.copy()
    failure = fuzz.run(seconds)
    assert failure is None, failure
    return told(fuzz.actions - before, fuzz.seconds)


def inside(contender: Contender, seconds: float) -> str:
    """Measure runs that Hypothesis draws."""

    class Counted(Contender):
        """Its lockstep counts."""

        def lockstep(self, setting: Setting) -> Lockstep:
            made = Counting(self.own(setting), self.make)
            made.avoided = self.drawn.avoided
            return made

    counted = machine("cpu", Counted(**vars(contender)))
    Counting.done.clear()
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        difference = search(counted, RUNS)
        assert difference is None, difference
    return told(Counting.done, elapsed)


def told(actions: Counter[str], seconds: float) -> str:
    """Say how many actions there were, and how many of them were steps of the scheduler."""
    total = actions.total()
    return (
        f"{total:,} actions in {seconds:.1f} s: {total / seconds:,.0f} a second, "
        f"of which {actions[STEP] / seconds:,.0f} scheduler steps"
    )


def main(
    engine: Annotated[str, typer.Argument(help="An engine, as `turnstile fuzz` names it.")],
    seconds: Annotated[float, typer.Option(help="How long to measure each.")] = 20.0,
) -> None:
    """Measure lockstep with one engine."""
    torch.set_num_threads(1)
    known = find(engine).beyond_known
    contender = replace(known, drawn=replace(known.drawn, steps=STEPS))
    print(f"outside Hypothesis: {outside(contender, seconds)}")
    print(f"inside Hypothesis:  {inside(contender, seconds)}")


if __name__ == "__main__":
    typer.run(main)
