"""Installing: what cannot be hosted is refused, environments are shared, failures leave nothing."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import pytest

from stateful_tests.engines.hosting.install import InstallError
from stateful_tests.engines.sglang import install as module
from stateful_tests.engines.sglang.install import folder_of, install, installed, python_of
from stateful_tests.engines.sglang.releases import Release


def wheel(folder: Path, name: str, version: str) -> None:
    """Write a wheel of a package that is its version and nothing else."""
    info = f"{name}-{version}.dist-info"
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}/__init__.py", f"version = {version!r}\n")
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of wheels: the only place where packages are looked for."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_an_unknown_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"sglang 0\.5\.9 cannot be hosted; these can: 0\.5\.10"):
        install("0.5.9", tmp_path)


@pytest.mark.usefixtures("wheels")
def test_a_failed_install_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "engines"
    sentence = r"Could not install the packages it needs: no package index has torch==2\.13\.0 for"
    with pytest.raises(InstallError, match=sentence):
        install("0.5.11", place)
    assert list(place.iterdir()) == []
    assert installed(place) == []


def test_releases_share_an_environment(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = Release(caches=(), packages=("light",), own=("heavy",))
    monkeypatch.setattr(module, "RELEASES", dict.fromkeys(("1", "2", "3"), needs))
    for name, version in (("light", "5"), ("heavy", "6"), ("sglang", "1"), ("sglang", "2")):
        wheel(wheels, name, version)
    place = tmp_path / "engines"
    for release in ("1", "2"):
        install(release, place)
        code = "import heavy, light, sglang; print(heavy.version, light.version, sglang.version)"
        found = subprocess.run(
            [python_of(release, place), "-c", code],
            env={"PYTHONPATH": str(folder_of(release, place))},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout == f"6 5 {release}\n"
    with pytest.raises(InstallError, match=r"install sglang 3: no package index has sglang==3 for"):
        install("3", place)
    assert installed(place) == ["1", "2"]
    assert python_of("1", place) == python_of("2", place)
    assert len(list(place.iterdir())) == 3  # the environment and two releases


def test_two_at_once_do_not_disturb_one_another(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RELEASES", {"1.0": Release(caches=(), packages=("light",))})
    for name, version in (("light", "1.0"), ("sglang", "1.0")):
        wheel(wheels, name, version)
    place = tmp_path / "engines"
    with ThreadPoolExecutor() as several:
        for done in [several.submit(install, "1.0", place) for _ in range(3)]:
            done.result()
    assert installed(place) == ["1.0"]
    assert not list(place.glob(".installing-*"))
