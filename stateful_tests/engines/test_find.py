"""Engines by name: what is found, in which modes, and what is said where nothing is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spec.machine.size import Size
from stateful_tests.engines.contender import Contender, NotInstalledError, UnknownEngineError
from stateful_tests.engines.find import REFERENCE, find
from stateful_tests.engines.plain import PLAIN
from stateful_tests.engines.sglang import contender as releases
from stateful_tests.engines.sglang.releases import RELEASES
from stateful_tests.engines.toy.adapter import Toy
from stateful_tests.setting import Setting

SETTING = Setting(Size(1, 2, 1, 4, 1, 4, lookahead=1))
TOY = "stateful_tests.engines.toy.adapter:Toy"

OVERLAPS = Contender("to be named as it was found", Toy, overlap=1)


@pytest.fixture
def all_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every release count as installed; none is started before an engine is made."""
    monkeypatch.setattr(releases, "installed", lambda: list(RELEASES))


def test_the_reference_engine_is_tried_in_all_worlds() -> None:
    assert find("reference") is REFERENCE
    assert REFERENCE.drawn != PLAIN


def test_what_makes_an_engine_is_found_by_module_and_name() -> None:
    assert find(TOY) == Contender(TOY, Toy, PLAIN)


def test_a_contender_is_taken_as_it_is_under_the_name_that_finds_it() -> None:
    name = f"{__name__}:OVERLAPS"
    assert find(name) == Contender(name, Toy, overlap=1)


def test_a_module_is_found_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "an_adapter_of_mine.py").write_text("def make(setting): ...\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert find("an_adapter_of_mine:make").make.__module__ == "an_adapter_of_mine"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("llm", "no engine 'llm'; give reference, sglang==RELEASE, vllm==RELEASE, or package."),
        ("vllm", "no engine 'vllm' to host; choose one of vllm==0.33.0, nano-vllm-npu==0.0.2, "),
        ("vllm==0.33.0[overlap]", r"no engine 'vllm==0.33.0\[overlap\]' to host; choose one of "),
        ("sglang", "no engine 'sglang' to host; choose one of sglang==0.5.10.post1, "),
        ("sglang==0.5.9", "no engine 'sglang==0.5.9' to host; choose one of "),
        ("sglang==0.5.11[", "no engine 'sglang==0.5.11\\[' to host; choose one of "),
        ("sglang==0.5.11[fast]", "no mode 'fast'; choose among unified, "),
        ("sglang==0.5.10.post1[unified]", "this release has no such cache, but radix"),
        ("sglang==0.5.11[normal,overlap]", "names two loops; choose one of overlap, normal"),
        ("nowhere:make", "cannot be imported: No module named 'nowhere'"),
        (":make", "cannot be imported: Empty module name"),
        (f"{__name__}:nothing", "has no 'nothing'"),
        (f"{__name__}:SETTING", "is of type Setting; give what makes an engine"),
    ],
)
def test_what_is_no_engine_is_refused_in_one_sentence(name: str, words: str) -> None:
    with pytest.raises(UnknownEngineError, match=words) as refused:
        find(name)
    assert "\n" not in str(refused.value)


def test_a_release_that_is_not_installed_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(releases, "installed", list)
    with pytest.raises(NotInstalledError, match=r"`turnstile engines install sglang==0\.5\.11`"):
        find("sglang==0.5.11[unified]")


@pytest.mark.parametrize(
    ("modes", "overlap"),
    [("", None), ("[mixed]", None), ("[overlap]", 1), ("[normal]", 0), ("[mixed, overlap]", 1)],
)
@pytest.mark.usefixtures("all_installed")
def test_a_loop_is_the_settings_unless_it_is_named(modes: str, overlap: int | None) -> None:
    contender = find(f"sglang==0.5.11{modes}")
    for drawn in (0, 1):
        setting = Setting(SETTING.size, overlap=drawn)
        assert contender.own(setting).overlap == (drawn if overlap is None else overlap)


@pytest.mark.usefixtures("all_installed")
def test_a_release_is_not_hosted_with_sliding_windows() -> None:
    with pytest.raises(ValueError, match="full attention only"):
        find("sglang==0.5.11").lockstep(Setting(Size(1, 2, 1, 4, 1, 4, window=1, window_pages=4)))


def test_an_engine_that_overlaps_does_not_work_without_lookahead() -> None:
    with pytest.raises(ValueError, match="overlaps, and that takes a lookahead of 1"):
        OVERLAPS.lockstep(Setting(Size(1, 2, 1, 4, 1, 4)))
    assert OVERLAPS.lockstep(SETTING).setting.overlap == 1
