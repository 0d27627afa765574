import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME, EXTRAS = PROJECT["dependencies"], PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.lock": [*RUNTIME, *EXTRAS["embedded"], "hatchling", "editables"],
    "requirements-dev.lock": [*RUNTIME, *EXTRAS["embedded"], *EXTRAS["dev"], "hatchling", "editables"],
    "compose/docker/requirements.lock": RUNTIME,
}


def locked(lock: str) -> dict[str, str]:
    lines = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_everything_that_the_project_asks_for(lock: str) -> None:
    found = locked(lock)
    wrong = [
        text
        for text in LOCKS[lock]
        if not (wanted := Requirement(text)).specifier.contains(found.get(canonicalize_name(wanted.name), "0"))
    ]

    assert wrong == [], f"run `make lock`: {lock} has not {wrong}"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_sums_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert "://" not in text
    assert "--index" not in text
    assert "find-links" not in text
    for name in locked(lock):
        block = text.lower().split(f"\n{name}==", 1)[-1].split("\n", 2)[1]
        assert "--hash=sha256:" in block, name


def test_locks_agree_on_versions() -> None:
    runtime, dev, docker = (locked(lock) for lock in LOCKS)

    assert {name: dev[name] for name in runtime} == runtime
    assert {name: runtime[name] for name in docker} == docker
