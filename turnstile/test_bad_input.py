"""Whatever a command cannot work with: one sentence on stderr, exit code 2, nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stateful_tests.engines.hosting.client import Hung
from turnstile.conftest import Called

Cli = Callable[..., Called]

HEAD = '{"turnstile": 1, "sessions": 1, "turns": 2, "rows": 1, "pages": 4, "page_size": 1'
TRACES = {
    "empty": ("", "is empty"),
    "cut": (HEAD + ', "context_len": 4}\n{"do": "open", "sess', "line 2: not JSON"),
    "list": (HEAD + ', "context_len": 4}\n[1]', "line 2: expected a JSON object"),
    "action": (HEAD + ', "context_len": 4}\n{"do": "opne"}', "unknown action 'opne'"),
    "missing": (HEAD + ', "context_len": 4}\n{"do": "open"}', "'session' is missing"),
    "no-head": ('{"do": "open", "session": 0}', "a trace begins with"),
    "page-size": (HEAD.replace('"page_size": 1', '"page_size": 0, "context_len": 4}'), "page_size"),
    "pool": (
        HEAD + ', "context_len": 40, "window": 2, "window_pages": 4}',
        "less than one turn of 40",
    ),
}


def refused(called: Called, words: str) -> None:
    """Check that the command ended with one sentence that has `words` in it."""
    assert called.code == 2
    assert called.out == ""
    assert called.err.startswith("turnstile: ")
    assert called.err.count("\n") == 1
    assert words in called.err
    assert not list(Path().iterdir()), "something was written"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("fuzz --engine tgi", "no engine 'tgi'; give reference, sglang==RELEASE, vllm=="),
        ("fuzz --engine sglang==0.5.9", "choose one of sglang==0.5.10.post1, sglang==0.5.11"),
        ("fuzz --engine sglang==0.5.11[fast]", "has no mode 'fast'; choose among unified, "),
        ("fuzz --engine nowhere:make", "cannot be imported: No module named 'nowhere'"),
        ("fuzz --engine spec.state:State.make", "the module spec.state has no 'State.make'"),
        ("replay x --engine tgi", "no engine 'tgi'; give reference"),
        ("fuzz --device tpu", "device 'tpu' is unknown"),
        ("fuzz --seconds 0", "give a number above 0"),
        ("fuzz --seconds nan", "give a number above 0"),
        ("explore --world one-sesion", "did you mean one-session"),
        ("explore --world xyz", "choose one of one-session, "),
        ("prove --action resum", "no action 'resum'; did you mean resume"),
        ("prove --action zzz", "choose one of init, "),
        ("prove --invariant a_listed_page", "did you mean a_listed_page_is_held"),
        ("prove --action open --invariant a_retracted_turn_stays_in_flight", "is no obligation of"),
        ("bugs --id B55", "did you mean B5"),
        ("bugs --seconds -1", "give a number above 0"),
        ("replay nowhere.jsonl", "cannot read nowhere.jsonl"),
        ("replay .", "Is a directory"),
        ("workload nowhere.jsonl", "cannot read nowhere.jsonl"),
        ("workload x --page-size 0", "--page-size is 0; give at least 1"),
        ("workload x --sessions 0", "--sessions is 0; give at least 1"),
        ("workload x --scale 0", "--scale is 0; give at least 1"),
        ("workload x --abort-rate 2", "give a number from 0 to 1"),
        ("workload x --abort-rate nan", "give a number from 0 to 1"),
        ("verify --workload nowhere.jsonl", "cannot read nowhere.jsonl"),
        ("document .", "is a folder; give the name of a file"),
        ("document /dev/null/x", "/dev/null is a file; give a folder"),
        ("engines install tgi==1", "no engine 'tgi==1'; choose one of sglang==0.5.10.post1, "),
        ("engines install sglang==0.5.11 sglang==0.5.9", "no engine 'sglang==0.5.9'; did you mean"),
        ("verify --device tpu", "device 'tpu' is unknown"),
        ("verify --seconds -3", "give a number above 0"),
    ],
)
def test_what_is_unknown_or_impossible_is_refused(cli: Cli, arguments: str, words: str) -> None:
    refused(cli(*arguments.split()), words)


@pytest.mark.parametrize(
    ("size", "steps", "words"),
    [
        ({}, '{"do": "start", "turn": 0, "hit": 0}', "not offer: the single move start(turn=0"),
        ({}, '{"do": "stay_silent", "session": 0}', "not offer: a time-out of session 0"),
        ({"recurrents": 1}, "", "does not work in the world of"),
    ],
)
def test_a_trace_that_is_not_for_an_engine_is_refused(
    cli: Cli, tmp_path_factory: pytest.TempPathFactory, size: dict[str, int], steps: str, words: str
) -> None:
    head = {**json.loads(HEAD + ', "context_len": 4}'), **size}
    submit = {"do": "submit", "session": 0, "turn": 0, "new": 1, "max_new": 1, "edit": "append"}
    lines = [head, {"do": "open", "session": 0, "namespace": 0}, {**submit, "text": 0}]
    trace = tmp_path_factory.mktemp("traces") / "trace.jsonl"
    trace.write_text("\n".join([*map(json.dumps, lines), steps]))
    called = cli("replay", str(trace), "--engine", "stateful_tests.engines.toy.adapter:Toy")
    assert called.code == 2
    assert words in called.err


@pytest.mark.skipif(torch.cuda.is_available(), reason="cuda can be used here")
@pytest.mark.parametrize("command", ["verify", "fuzz", "workload x", "replay x"])
def test_cuda_without_a_gpu_is_refused(cli: Cli, command: str) -> None:
    refused(cli(*command.split(), "--device", "cuda"), "torch finds 0 cuda device(s); use")


@pytest.mark.parametrize("name", TRACES)
def test_a_malformed_trace_is_refused(
    cli: Cli, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    text, words = TRACES[name]
    trace = tmp_path_factory.mktemp("traces") / f"{name}.jsonl"
    trace.write_text(text)
    refused(cli("replay", str(trace)), words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ('{"timestamp": 0, "input_le', "line 1: not JSON"),
        ('{"a": 1}', "neither of the known formats"),
        ('{"timestamp": 0, "input_length": -1, "output_length": 1, "hash_ids": []}', "is -1"),
    ],
)
@pytest.mark.parametrize("command", ["workload", "verify --workload"])
def test_a_malformed_workload_is_refused(
    cli: Cli, tmp_path_factory: pytest.TempPathFactory, command: str, text: str, words: str
) -> None:
    file = tmp_path_factory.mktemp("workloads") / "requests.jsonl"
    file.write_text(text)
    refused(cli(*command.split(), str(file)), words)


def test_a_binary_file_is_no_trace(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> None:
    trace = tmp_path_factory.mktemp("traces") / "binary.jsonl"
    trace.write_bytes(b"\xff\xfe\x00")
    refused(cli("replay", str(trace)), "not a text file")


@pytest.mark.parametrize("command", ["verify", "fuzz", "explore", "workload x"])
@pytest.mark.parametrize("below", ["", "/deeper"])
def test_a_report_path_that_is_a_file_is_refused_before_any_work(
    cli: Cli, tmp_path_factory: pytest.TempPathFactory, command: str, below: str
) -> None:
    file = tmp_path_factory.mktemp("file") / "report"
    file.write_text("mine")
    refused(cli(*command.split(), "--report", f"{file}{below}"), "is a file; give a folder")
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    "arguments", ["explore --max-states 0", "fuzz --seconds soon", "fuzz --seed -1", "nonsense"]
)
def test_what_does_not_parse_is_refused(cli: Cli, arguments: str) -> None:
    called = cli(*arguments.split())
    assert called.code == 2
    assert "Traceback" not in called.err
    assert "Usage: turnstile" in called.err


def test_a_host_that_does_not_start_is_told_in_words(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hung(_name: str) -> None:
        raise Hung("no answer to start within 180 s")

    monkeypatch.setattr("turnstile.survey.find_engine", hung)
    called = cli("survey", "sglang==0.5.11")
    assert called.code == 2
    assert called.err == "turnstile: no answer to start within 180 s\n"
