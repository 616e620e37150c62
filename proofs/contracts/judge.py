"""CrossHair's verdict on a contract: for all numbers, or with numbers for which it fails."""

from __future__ import annotations

import ast
import re
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from typing import NamedTuple

from crosshair.core_and_libs import analyze_function, run_checkables
from crosshair.options import AnalysisKind, AnalysisOptionSet
from crosshair.statespace import MessageType

from proofs.contracts.contract import Contract
from proofs.contracts.wrong import Wrong

SECONDS = 60.0
"""For a contract; most take a tenth of one, and on a busy machine no verdict may change."""

SECONDS_IF_WRONG = 5.0
"""For a contract with a wrong variant, of which another contract may be refuted sooner."""

RETRIES = 2
"""How often an undecided contract is put again, to a process that has asked nothing before: how the
solver fares with products depends on all that it was asked, and seconds are of wall-clock time."""


class Verdict(NamedTuple):
    """What CrossHair says, in its own words."""

    is_confirmed: bool
    is_refuted: bool  # neither: it ran out of time, or met what it cannot decide
    words: str


@cache
def verdict(contract: Contract, wrong: Wrong | None = None) -> Verdict:
    """Execute a contract on symbolic numbers, perhaps with a wrong variant of what it is about.

    A counterexample is believed when plain numbers fail as well, and hold with what is right.
    """
    found = _once(contract, wrong, SECONDS_IF_WRONG if wrong else SECONDS)
    retries = 0 if wrong else RETRIES
    while retries and not found.is_confirmed and not found.is_refuted:
        found = _in_a_process_of_its_own(contract)
        retries -= 1
    return found


def _in_a_process_of_its_own(contract: Contract) -> Verdict:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(named, contract.sentence.__module__, contract.sentence.__name__).result()


def named(module: str, sentence: str) -> Verdict:
    """Put a contract of a module, by its name."""
    contract = getattr(import_module(module), sentence)
    assert isinstance(contract, Contract), f"{module}.{sentence} is no contract"
    return _once(contract, None, SECONDS)


def _once(contract: Contract, wrong: Wrong | None, seconds: float) -> Verdict:
    options = AnalysisOptionSet(
        analysis_kind=[AnalysisKind.asserts],
        report_all=True,
        per_condition_timeout=seconds,
        per_path_timeout=seconds,
    )
    with wrong.planted() if wrong else nullcontext():
        [message] = run_checkables(analyze_function(contract.sentence, options))
        is_refuted = message.state in (MessageType.EXEC_ERR, MessageType.POST_FAIL)
        if is_refuted:
            assert not _holds(contract, message.message), f"{contract} holds: {message.message}"
    if is_refuted and wrong:
        assert _holds(contract, message.message), f"{contract} fails anyway: {message.message}"
    return Verdict(message.state == MessageType.CONFIRMED, is_refuted, message.message)


def _holds(contract: Contract, words: str) -> bool:
    """Tell whether a contract holds for the plain numbers of a counterexample."""
    found = re.search(r"when calling (\w+\(.*\))", words, re.DOTALL)
    assert found, f"names no counterexample: {words}"
    call = ast.parse(found[1], mode="eval").body
    assert isinstance(call, ast.Call), f"is not a call: {words}"
    args = [ast.literal_eval(each) for each in call.args]
    named = {each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg}
    try:
        contract.sentence(*args, **named)
    except Exception:  # an assertion, or whatever wrong arithmetic leads to on the way to it
        return False
    return True
