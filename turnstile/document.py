"""`turnstile document`: the invariant documentation, written from the rules themselves.

One entry per property: its words, what it is proved for, and which planted bugs break it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from proofs.planted import PLANTED
from spec.language import Rule
from spec.machine.rules import Rules, rules
from stateful_tests.bugs import BUGS
from turnstile.files import check_file, write

HEAD = """# What must be true

Written by `turnstile document` from the docstrings in `spec/`; a test holds it up to date.

Each property is stated once, in `spec/`. That one text is proved by Z3 for any number of sessions,
turns, rows and pages and every page size (`turnstile prove`), is evaluated in every state of small
worlds (`turnstile explore`), and names what is broken where spec and engine differ (`pytest
stateful_tests`). "Broken by" lists planted bugs: *in the spec*, where the proof of this very
property then fails; *in the engine*, where lockstep reports it under this name.
"""


def document(
    file: Annotated[Path, typer.Argument(help="The file to write.")] = Path("docs/invariants.md"),
) -> None:
    """Write the invariant documentation."""
    check_file(file)
    write(file, markdown(rules()))
    typer.echo(f"wrote {file}")


def markdown(text: Rules) -> str:
    """Return the documentation of every property of the spec text."""
    return "\n".join(_lines(text)) + "\n"


def _lines(text: Rules) -> Iterator[str]:
    yield HEAD
    yield "## Always: invariants\n"
    yield f"{len(text.invariants)} sentences, each true at the start and kept by every action.\n"
    for rule in text.invariants.values():
        yield from _entry(rule)
    yield "## What an action must leave alone\n"
    for change in text.changes.values():
        actions = ", ".join(f"`{action.name}`" for action in change.actions)
        yield from _entry(change, f"After {actions}.")
    yield "## Sometimes: cases that must be reachable\n"
    yield "Each is reached in a small world; `turnstile explore` prints the shortest trace to it.\n"
    for case in text.cases.values():
        yield f"- `{case.action.name}`: **{_sentence(case.name)}**. {case.words}"


def _entry(rule: Rule, scope: str = "") -> Iterator[str]:
    yield f"### {_sentence(rule.name)}\n"
    yield f"`{rule.name}`. {rule.words}" + (f" {scope}" if scope else "")
    if broken := list(_broken_by(rule.name)):
        yield f"\nBroken by {'; '.join(broken)}."
    yield ""


def _broken_by(name: str) -> Iterator[str]:
    """Generate the planted bugs that this property is known to catch."""
    for planted in PLANTED:
        if actions := [action for action, broken in planted.fails if broken == name]:
            where = ", ".join(f"`{action}`" for action in actions)
            yield f"{planted.number} in the spec (at {where})"
    for bug in BUGS.values():
        if name in bug.checks:
            yield f"{bug.id} in the engine"


def _sentence(name: str) -> str:
    words = name.replace("_", " ")
    return words[0].upper() + words[1:]
