"""Who may import whom: the spec stands alone, and the engine does not know how it is judged."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "spec": {"spec"},
    "impl": {"impl"},
    "stateful_tests": {"stateful_tests", "spec", "impl"},
    "proofs": {"proofs", "spec"},
    "proofs/contracts": {"proofs", "spec", "impl"},
    "gpu_checks": {"gpu_checks", "spec", "impl", "stateful_tests"},
}
"""Each folder, and those of this project's folders that it may import.

Contracts alone among the proofs are of the engine's own arithmetic, too: that it means what the
spec means is asked for every size, not for those that a test happens to run.
"""


def imported(folder: str) -> set[str]:
    """Return the top-level names that the files of `folder` import, anywhere in them.

    Files of a folder inside that has a line of its own are not counted.
    """
    names = set()
    others = [ROOT / other for other in MAY_IMPORT if other.startswith(f"{folder}/")]
    for path in sorted((ROOT / folder).rglob("*.py")):
        if any(path.is_relative_to(other) for other in others):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} imports relatively"
                names.add(str(node.module).partition(".")[0])
    return names


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_those_it_may(folder: str) -> None:
    ours = {*MAY_IMPORT, "turnstile", "benchmarks"}
    assert imported(folder) & ours <= MAY_IMPORT[folder]


def test_the_spec_names_only_the_standard_library() -> None:
    assert imported("spec") <= {"spec", *sys.stdlib_module_names}


def test_importing_the_spec_loads_only_the_standard_library() -> None:
    program = (
        "import sys; before = set(sys.modules); from spec.machine import rules; rules.rules();"
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before})"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(run.stdout.split()) <= {"spec", *sys.stdlib_module_names}
