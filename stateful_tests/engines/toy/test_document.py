"""What `docs/adapters.md` quotes is there, and what it says is shown is what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import stateful_tests
from stateful_tests.engines.toy.test_toy import caught

ROOT = Path(stateful_tests.__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8")

QUOTED = re.compile(r"<!-- from (\S+) -->\n```python\n(.*?)```", re.DOTALL)
SHOWN = re.compile(r"<!-- shown by (\w+) -->\n```\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)]+)\)")


def test_each_piece_of_code_is_quoted_from_the_file_that_it_names() -> None:
    quoted = QUOTED.findall(DOCUMENT)
    assert len(quoted) == DOCUMENT.count("```python") > 0
    for file, code in quoted:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert _stripped(code) in _stripped(source), f"{file} has not:\n{code}"


def test_the_failure_that_is_shown_is_the_one_that_is_found() -> None:
    shown = SHOWN.findall(DOCUMENT)
    assert len(shown) == DOCUMENT.count("<!-- shown by") > 0
    for bug, words in shown:
        assert words == f"{caught(bug).difference}\n"


def test_each_link_leads_to_a_file() -> None:
    links = LINK.findall(DOCUMENT)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []


def _stripped(code: str) -> str:
    """Return code without its indentation: what is quoted may come from inside a class."""
    return "".join(f"{line.strip()}\n" for line in code.splitlines())
