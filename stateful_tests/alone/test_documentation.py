"""What the documents say of the engine is so: the README's session, and the list of modules."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
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
    assert package.__doc__
    listed = [line.split()[0] for line in package.__doc__.splitlines() if line.startswith("    ")]
    found = {module.name for module in pkgutil.iter_modules(package.__path__)} - {"triton"}
    assert sorted(listed) == sorted(found)


def test_every_document_is_reached_from_the_readme() -> None:
    texts = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    said = "".join(text.read_text(encoding="utf-8") for text in texts)
    assert [
        text.name
        for text in texts[1:]
        if f"({text.name}" not in said and f"docs/{text.name}" not in said
    ] == []
