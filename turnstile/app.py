"""The commands, and what may be wrong with what they are given: one sentence, exit code 2.

So ends a command, too, when the host of a release does not even start.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch
import typer
import z3

from impl.config import ConfigError
from spec.machine.trace import TraceError
from stateful_tests.engines.hosting.client import Crashed, Hung
from stateful_tests.workload.lines import WorkloadError
from turnstile.bad_input import BadInputError
from turnstile.bugs import bugs
from turnstile.check import check
from turnstile.compare import compare_engines
from turnstile.cross_check import cross_check
from turnstile.document import document
from turnstile.engines_command import engines
from turnstile.explore import explore
from turnstile.export import export
from turnstile.fuzz import fuzz
from turnstile.mutants import mutants
from turnstile.progress import progress
from turnstile.prove import prove
from turnstile.reachable import reachable
from turnstile.replay import replay
from turnstile.report import BAD_INPUT
from turnstile.survey import survey
from turnstile.verify import verify
from turnstile.workload import workload

app = typer.Typer(
    name="turnstile",
    help="Streaming sessions of an LLM-serving engine: proved, explored, and run in lockstep.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    verify, prove, cross_check, export, explore, reachable, progress, fuzz, survey, replay,
    check, workload, bugs, mutants, document,
):  # fmt: skip
    app.command()(command)
app.command("compare")(compare_engines)
app.add_typer(engines, name="engines")


def call(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. KeyboardInterrupt passes."""
    torch.set_num_threads(1)  # two threads on tensors as small as these wait for one another
    z3.set_param("ctrl_c", False)  # z3 would take Ctrl-C for itself and only answer `unknown`
    try:
        app(list(arguments), prog_name="turnstile")
    except (BadInputError, ConfigError, Crashed, Hung, TraceError, WorkloadError) as wrong:
        sys.stderr.write(f"turnstile: {wrong}\n")
        return BAD_INPUT
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    return 0
