"""What the documents say of the engine is so: the README's session, and the list of modules."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import impl

ROOT = Path(__file__).parents[2]


def test_the_session_in_the_readme_goes_as_it_says() -> None:
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted > 10
    assert result.failed == 0


FOLDERS = ["impl", *(x.name for x in pkgutil.walk_packages(impl.__path__, "impl.") if x.ispkg)]
FOLDERS.remove("impl.kernels.triton")  # its modules are those of the folder above


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_module_of_the_engine_has_its_line_and_no_other_has(folder: str) -> None:
    package = importlib.import_module(folder)
    found = {module.name for module in pkgutil.iter_modules(package.__path__)} - {"triton"}
    assert sorted(modules_listed(folder)) == sorted(found)


@pytest.mark.parametrize("folder", FOLDERS)
def test_modules_are_listed_in_the_order_in_which_they_build_on_each_other(folder: str) -> None:
    listed = modules_listed(folder)
    for place, name in enumerate(listed):
        later = {f"{folder}.{other}" for other in listed[place + 1 :]}
        for imported in imports_of(folder, name):
            assert not {imported, imported.rpartition(".")[0]} & later, f"{name}: {imported}"
            assert not any(imported.startswith(f"{other}.") for other in later), name


def modules_listed(folder: str) -> list[str]:
    """Return the modules that a folder lists, in that order."""
    doc = importlib.import_module(folder).__doc__
    assert doc
    return [line.split()[0] for line in doc.splitlines() if line.startswith("    ")]


def imports_of(folder: str, name: str) -> Iterator[str]:
    """Generate what a module, or those of a folder, import when they are run."""
    place = ROOT / folder.replace(".", "/") / name
    for path in [place.with_suffix(".py")] if not place.is_dir() else place.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


def test_every_document_is_reached_from_the_readme() -> None:
    texts = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    said = "".join(text.read_text(encoding="utf-8") for text in texts)
    assert [
        text.name
        for text in texts[1:]
        if f"({text.name}" not in said and f"docs/{text.name}" not in said
    ] == []
