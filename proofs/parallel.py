"""The same proofs in several processes: each takes the next action that nobody has taken."""

from __future__ import annotations

import multiprocessing as mp
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from proofs.prover import Prover, Result, prove
from spec.machine.rules import Rules
from spec.machine.rules import rules as rules_as_they_stand


def prove_all(
    rules: Rules | None = None, processes: int = 2, actions: Sequence[str] | None = None
) -> Iterator[Result]:
    """Generate every result, in the order of `obligations` or `actions`, as soon as it is its turn.

    Rules are functions and travel to another process only by fork; without it there is only one.
    """
    rules = rules or rules_as_they_stand()
    groups = list(actions or Prover(rules).groups)
    if processes == 1 or "fork" not in mp.get_all_start_methods():
        for group in groups:
            yield from prove(rules, group)
        return
    context = mp.get_context("fork")
    next_group = context.Value("i", 0)
    workers, pipes = [], []
    for _ in range(min(processes, len(groups))):
        receiver, sender = context.Pipe(duplex=False)
        worker = context.Process(
            target=_work, args=(rules, groups, next_group, sender), daemon=True
        )
        worker.start()
        sender.close()
        workers.append(worker)
        pipes.append(receiver)
    try:
        yield from _in_order(groups, pipes)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _work(rules: Rules, groups: list[str], next_group: Any, sender: Connection) -> None:
    """Prove group after group. A group's end is sent as its name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    prover = Prover(rules)
    while True:
        with next_group.get_lock():
            number = next_group.value
            next_group.value += 1
        if number >= len(groups):
            return
        group = groups[number]
        for name in prover.properties(group):
            sender.send(prover.prove(group, name))
        sender.send(group)


def _in_order(groups: list[str], pipes: list[Connection]) -> Iterator[Result]:
    """Generate what comes through `pipes`, group by group. Raise RuntimeError if a worker died."""
    arrived: dict[str, deque[Result]] = {group: deque() for group in groups}
    ended: set[str] = set()
    for group in groups:
        while group not in ended or arrived[group]:
            while arrived[group]:
                yield arrived[group].popleft()
            if group not in ended:
                _receive(pipes, arrived, ended)


def _receive(pipes: list[Connection], arrived: dict[str, deque[Result]], ended: set[str]) -> None:
    ready = wait(pipes)
    if not ready:
        raise RuntimeError("no process is left, and obligations are")
    for pipe in ready:
        assert isinstance(pipe, Connection)
        try:
            message = pipe.recv()
        except EOFError:
            pipes.remove(pipe)
            continue
        if isinstance(message, Result):
            arrived[message.action].append(message)
        else:
            ended.add(message)
