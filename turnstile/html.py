"""The report for people: report.html, one self-contained page, and report.json for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from proofs.prover import INIT, LENGTHS
from spec.machine.rules import Rules
from turnstile.files import write
from turnstile.parts import FAILED, Cases, ExploredWorld, LockstepRuns, Obligation, Proofs
from turnstile.recorded import Workload
from turnstile.report import Part, Report

TEMPLATES = Path(__file__).parent / "templates"

P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Line:
    """One property of the matrix: its words, and its obligation after each action, if any."""

    name: str
    words: str
    cells: tuple[Obligation | None, ...]


def write_report(report: Report, text: Rules, folder: Path) -> Path:
    """Write report.json and report.html to `folder`; return the path of the latter."""
    write(folder / "report.json", json.dumps(report.data(), indent=1) + "\n")
    return write(folder / "report.html", page(report, text))


def page(report: Report, text: Rules) -> str:
    """Return the HTML page."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    proofs = of_kind(report, Proofs)
    results = [result for part in proofs for result in part.results]
    return templates.get_template("report.html.j2").render(
        report=report,
        proofs=proofs,
        worlds=of_kind(report, ExploredWorld),
        cases=[case for part in of_kind(report, Cases) for case in part.cases],
        lockstep=of_kind(report, LockstepRuns),
        workloads=of_kind(report, Workload),
        actions=columns(text),
        matrix=matrix(text, results),
        lemmas=[result for result in results if result.action == LENGTHS],
        refuted=[result for result in results if result.verdict in FAILED],
    )


def of_kind(report: Report, kind: type[P]) -> list[P]:
    """Return the parts of one kind."""
    return [part for part in report.parts if isinstance(part, kind)]


def columns(text: Rules) -> list[str]:
    """Return the columns of the matrix: the initial state, then every action."""
    return [INIT, *text.actions]


def matrix(text: Rules, results: Sequence[Obligation]) -> list[Line]:
    """Return a line per property: invariants and changes with their words, then the rest."""
    known = {(result.action, result.property): result for result in results}
    others = [result.property for result in results if result.action != LENGTHS]
    names = dict.fromkeys([*text.invariants, *text.changes, *others])
    return [
        Line(name, words(text, name), tuple(known.get((c, name)) for c in columns(text)))
        for name in names
    ]


def words(text: Rules, name: str) -> str:
    """Return the property in words, where the name is not already that."""
    rule = text.invariants.get(name) or text.changes.get(name)
    return rule.words.splitlines()[0] if rule else ""
