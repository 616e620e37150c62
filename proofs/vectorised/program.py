"""Formulas as a straight line of tensor operations, written out as a Python function.

A column is a tensor with one number for each state; selection is by bit masks, which is many times
faster than `torch.where` on small integers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from proofs.vectorised.graph import Node

OPERATIONS = {
    "eq": "eq({0}, {1})",
    "lt": "lt({0}, {1})",
    "and": "and_({0}, {1})",
    "or": "or_({0}, {1})",
    "not": "not_({0})",
    "mask": "neg({0}.{as_number})",
    "num": "{0}.{as_number}",
    "sel": "and_({0}, {1})",
    "bor": "or_({0}, {1})",
    "if": "xor({2}, and_(xor({1}, {2}), {0}))",
    "add": "add({0}, {1})",
    "sub": "sub({0}, {1})",
    "min": "minimum({0}, {1})",
    "mul": "mul({0}, {1})",
}
FUNCTIONS = {
    "eq": torch.eq,
    "lt": torch.lt,
    "and_": torch.bitwise_and,
    "or_": torch.bitwise_or,
    "xor": torch.bitwise_xor,
    "not_": torch.logical_not,
    "neg": torch.neg,
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "minimum": torch.minimum,
    "shift": torch.bitwise_right_shift,
    "divide": torch.div,
}


class Constants:
    """Columns that hold the same number throughout; scalars would take a slow path on CPUs."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self.device, self.dtype = device, dtype
        self._columns: dict[tuple[int, bool], Tensor] = {}

    def __call__(self, value: int, flag: bool, length: int) -> Tensor:
        """Return a column of `value`."""
        column = self._columns.get((value, flag))
        if column is None or len(column) < length:
            dtype = torch.bool if flag else self.dtype
            column = torch.full((length,), value, dtype=dtype, device=self.device)
            self._columns[value, flag] = column
        return column[:length]


Program = Callable[[Tensor], list[Tensor]]
"""From [cells, states] to one column for each formula."""


def compiled(outputs: Sequence[Node], constants: Constants) -> Program:
    """Return the function that evaluates `outputs` for every column of a tensor of cells."""
    order = _in_order(outputs)
    last_use = {arg: node for node in order for arg in node.args if isinstance(arg, Node)}
    kept = set(outputs)
    free: dict[Node, list[Node]] = {}
    for arg, node in last_use.items():
        if arg not in kept and not arg.constant:
            free.setdefault(node, []).append(arg)
    narrow = constants.dtype == torch.int8
    lines = ["def run(x):", "    n = x.shape[1]", "    c = x.unbind(0)"]
    lines.append("    f = x.view(torch.bool).unbind(0)" if narrow else "    f = (x != 0).unbind(0)")
    as_number = f"{'view' if narrow else 'to'}(dtype)"
    names = {}
    for node in order:
        names[node] = name = f"v{node.serial}"
        if node.op == "cell":
            lines.append(f"    {name} = {'f' if node.flag else 'c'}[{node.args[0]}]")
            continue
        args = [names[a] if isinstance(a, Node) else str(a) for a in node.args]
        if node.constant:
            text = f"constant({node.args[0]}, {node.flag}, n)"
        elif node.op == "div":
            text = _quotient(args[0], node.args[1])
        else:
            text = OPERATIONS[node.op].format(*args, as_number=as_number)
        lines.append(f"    {name} = {text}")
        if node in free:
            lines.append(f"    del {', '.join(names[a] for a in free[node])}")
    lines.append(f"    return [{', '.join(names[node] for node in outputs)}]")
    scope: dict[str, Any] = {
        **FUNCTIONS, "torch": torch, "constant": constants, "dtype": constants.dtype
    }  # fmt: skip
    exec(compile("\n".join(lines), "<formulas>", "exec"), scope)
    program: Program = scope["run"]
    return program


def _quotient(a: str, divisor: int) -> str:
    if divisor & (divisor - 1) == 0:
        return f"shift({a}, {divisor.bit_length() - 1})"
    return f"divide({a}, {divisor}, rounding_mode='floor')"


def _in_order(outputs: Sequence[Node]) -> list[Node]:
    """Return every node that is needed, after those that it needs itself."""
    done: dict[Node, None] = {}
    stack = [(node, False) for node in reversed(outputs)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done[node] = None
            continue
        stack.append((node, True))
        stack.extend((arg, False) for arg in reversed(node.args) if isinstance(arg, Node))
    return list(done)
