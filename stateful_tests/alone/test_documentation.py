"""What the documents say of the engine is so: the README's session, and the list of modules."""

from __future__ import annotations

import doctest
import pkgutil
from pathlib import Path

import impl

ROOT = Path(__file__).parents[2]


def test_the_session_in_the_readme_goes_as_it_says() -> None:
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted > 10
    assert result.failed == 0


def test_every_module_of_the_engine_has_its_line_and_no_other_has() -> None:
    assert impl.__doc__
    listed = [line.split()[0] for line in impl.__doc__.splitlines() if line.startswith("    ")]
    assert sorted(listed) == sorted(module.name for module in pkgutil.iter_modules(impl.__path__))


def test_every_document_is_reached_from_the_readme() -> None:
    texts = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    said = "".join(text.read_text(encoding="utf-8") for text in texts)
    assert [
        text.name
        for text in texts[1:]
        if f"({text.name}" not in said and f"docs/{text.name}" not in said
    ] == []
