"""Many mutants in several processes: each in a fresh one, which is ended when its time is over."""

from __future__ import annotations

import multiprocessing as mp
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from proofs.mutants.equivalent import EQUIVALENT
from proofs.mutants.kill import excused, judge
from proofs.mutants.mutant import Mutant, Outcome, Verdict
from proofs.mutants.search import as_it_stands
from proofs.mutants.worlds import ended

LISTED = 0.1
"""The share of its time that a mutant gets which is listed as equivalent: is the list wrong?"""

PATIENCE = 5
"""A mutant, which counts its own processor time, is ended from outside after so many times that."""


@dataclass(frozen=True)
class _Running:
    mutant: Mutant
    process: BaseProcess
    until: float


def run(
    mutants: Sequence[Mutant], processes: int = 2, seconds: float = 60.0, with_proofs: bool = True
) -> Iterator[Outcome]:
    """Generate the outcome of each mutant, in the order in which they end.

    Leaving the generator ends what is under way. Rules are functions and travel only by fork.
    """
    for name in ended():
        as_it_stands(name)  # once, for all processes to come
    context = mp.get_context("fork")
    todo, running = deque(mutants), dict[Connection, _Running]()
    try:
        while todo or running:
            while todo and len(running) < processes:
                mutant = todo.popleft()
                share = LISTED if mutant.key in EQUIVALENT else 1.0
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(
                    target=_work, args=(mutant, seconds * share, with_proofs, sender), daemon=True
                )
                process.start()
                sender.close()
                until = time.monotonic() + seconds * PATIENCE
                running[receiver] = _Running(mutant, process, until)
            yield from _ended(running, seconds)
    finally:
        for each in running.values():
            each.process.terminate()
            each.process.join()


def _work(mutant: Mutant, seconds: float, with_proofs: bool, sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    sender.send(judge(mutant, seconds, with_proofs))


def _ended(running: dict[Connection, _Running], seconds: float) -> Iterator[Outcome]:
    """Wait a while; generate what has come, and end what takes too long."""
    ready = wait(list(running), timeout=1.0)
    for pipe, each in list(running.items()):
        if pipe in ready:
            try:
                outcome = pipe.recv()
            except EOFError:
                raise RuntimeError(f"{each.mutant.name}: its process died") from None
        elif time.monotonic() > each.until:
            outcome = Outcome(each.mutant, Verdict.SURVIVED, words="out of time", seconds=seconds)
            each.process.terminate()
        else:
            continue
        del running[pipe]
        each.process.join()
        pipe.close()
        yield excused(replace(outcome, mutant=each.mutant))
