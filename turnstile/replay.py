"""`turnstile replay`: one trace in lockstep, told action by action."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from impl.config import ConfigError
from spec.machine.trace import FAULT, STEP, Step, Trace, load, show
from stateful_tests.difference import Difference
from stateful_tests.engines.engine import NotOffered
from stateful_tests.lockstep import Lockstep
from stateful_tests.setting import Setting
from turnstile.bad_input import BadInputError, check_device
from turnstile.console import make_console
from turnstile.engines import REFERENCE, find_engine
from turnstile.options import Device, Engine

LEFT_OUT = "left out: the spec forbids it here"


def replay(
    trace: Annotated[Path, typer.Argument(help="A trace: JSON lines, a world and its actions.")],
    device: Device = "cpu",
    engine: Engine = REFERENCE,
) -> None:
    """Perform the actions of a trace on spec and engine, and tell what each leads to."""
    contender = find_engine(engine)
    check_device(device)
    loaded = load(trace)
    try:
        lockstep = Told(contender.own(Setting.of(loaded, device)), contender.make)
    except ConfigError:
        raise
    except ValueError as wrong:
        raise BadInputError(f"{engine} does not work in the world of {trace}: {wrong}.") from None
    try:
        raise typer.Exit(replay_and_tell(make_console(), loaded, lockstep))
    except NotOffered as asked:
        raise BadInputError(f"{trace} asks {engine} for what it does not offer: {asked}.") from None


class Told(Lockstep):
    """Lockstep that tells what each action led to."""

    def tell(self, step: Step) -> str:
        """Perform one action and say what came of it: an answer, moves, or nothing."""
        name, args = step
        if name in self.rules.requests:
            answer = str(self.rules.requests[name].run(self.state.fork(), *args))
        if not self.do(step):
            return LEFT_OUT
        if name in self.rules.requests:
            return answer
        moves = " ".join(f"{move}({', '.join(map(str, of))})" for move, of in self.last_moves)
        if self.last_faulted:
            return "fails: nothing has changed"
        return moves or {STEP: "nothing to do", FAULT: "to be met"}.get(name, "no room")


def replay_and_tell(console: Console, trace: Trace, lockstep: Told) -> int:
    """Print each action with what came of it, then whether both agree; return the exit code."""
    left_out = 0
    width = max((len(show(step)) for step in trace.steps), default=0)
    for number, step in enumerate(trace.steps, 1):
        try:
            told = lockstep.tell(step)
        except Difference as difference:
            console.print(f"{number:4}  {show(step):{width}}  differs", soft_wrap=True)
            console.print(f"\n{difference}", soft_wrap=True)
            return 1
        left_out += told == LEFT_OUT
        console.print(f"{number:4}  {show(step):{width}}  {told}", soft_wrap=True)
    performed = len(trace.steps) - left_out
    console.print(f"spec and engine agree: {performed} actions performed, {left_out} left out")
    return 0
