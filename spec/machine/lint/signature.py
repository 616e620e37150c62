"""Does a rule say what it is, and fit what it speaks of?"""

from __future__ import annotations

import ast

from spec.machine.lint.offence import Report
from spec.machine.lint.text import Function, Text
from spec.machine.lint.words import ACTIONS, PROPERTIES


def lint_signature(text: Text, function: Function, report: Report) -> None:
    """Report a rule that does not say what it is, or does not fit what it speaks of."""
    node, kind = function.node, function.kind
    if not ast.get_docstring(node):
        report(node, f"{node.name} has no docstring: its sentence is its documentation")
    if kind not in (*ACTIONS, *PROPERTIES, "helper"):
        report(node, f"`@{kind}` declares no rule: write one of {', '.join(ACTIONS + PROPERTIES)}")
    a = node.args
    if a.defaults or a.posonlyargs or a.vararg or a.kwarg or (a.kwonlyargs and kind != "after"):
        report(node, f"{node.name}: plain parameters and no defaults; callers give them all")
    _lint_params(text, function, report)
    if kind == "after":
        _lint_own(text, function, report)
    if kind == "sometimes":
        for action in text.actions_of(function):
            if list(action.params.items()) != list(function.params.items()):
                words = f"{node.name} must have the parameters of {action.node.name}, in order"
                report(node, words)
    if node.name in text.calls(node.name):
        report(node, f"{node.name} calls itself: a symbolic run of it would not end")


def _lint_params(text: Text, function: Function, report: Report) -> None:
    """Report parameters without a sort, or with one that they cannot have."""
    node, kind = function.node, function.kind
    sorts = list(function.params.values())
    helps_to_compare = kind == "helper" and sorts[:2] == ["State", "State"]
    num_states = 2 if kind == "after" or helps_to_compare else 1
    if "" in (*sorts, *function.own.values()) or not function.result:
        words = "lacks an annotation: its parameters are what is drawn and proved"
        report(node, f"{node.name} {words}")
    elif sorts[:num_states] != ["State"] * num_states:
        report(node, f"{node.name}: the first {num_states} parameter(s) must be of sort State")
    for sort in sorts[num_states:]:
        if sort and sort not in text.sorts:
            report(node, f"{node.name}: {sort} is no sort; declare it in spec/state.py")
        elif kind in ("invariant", "given", "after") and not text.ranges_over(sort):
            words = "range over identities or Index"
            if kind == "after":
                words += ", or name it behind `*`: the step's own"
            report(node, f"{node.name}: no world lists every {sort}; {words}")


def _lint_own(text: Text, function: Function, report: Report) -> None:
    """Report what a property wants to know of a step that its actions do not have."""
    for name, sort in function.own.items():
        for action in text.actions_of(function):
            has = action.result if name == "answer" else action.params.get(name)
            if has != sort:
                words = f"has no `{name}` of sort {sort}: behind `*` stand its parameters, `answer`"
                report(function.node, f"{function.node.name}: {action.node.name} {words}")
