"""Who may import whom: the contracts hold, and each one catches a violation planted on purpose."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "topics", "consumers", "producers", "edge", "compose", "jobs")
IGNORED = shutil.ignore_patterns("node_modules", "dist", "__pycache__", "tests")

PLANTED = [
    ("References point one way", "schemas/planted.py", "import topics.errors"),
    ("References point one way", "topics/planted.py", "import edge.errors"),
    ("References point one way", "consumers/board_store/planted.py", "import edge.errors"),
    ("References point one way", "edge/planted.py", "import jobs.cli"),
    ("Inside topics", "topics/runtime/planted.py", "import topics.bus.message"),
    ("Inside topics", "topics/errors.py", "import topics.runtime.settings"),
    ("A consumer knows no other consumer", "consumers/board_store/planted.py", "import consumers.room_fanout.app"),
    ("Handlers and schemas are pure", "consumers/board_decider/handler.py", "import asyncpg"),
    ("Handlers and schemas are pure", "schemas/planted.py", "import redis"),
    ("Only the bus touches Kafka", "edge/planted.py", "import aiokafka"),
    ("Only the bus touches Kafka", "consumers/board_store/planted.py", "import faststream"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts on a tree."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages, away from the checkout, so that a plant harms nobody."""
    target = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, target / package, ignore=IGNORED)
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def test_the_contracts_hold() -> None:
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("contract", "file", "line"), PLANTED)
def test_a_planted_violation_is_caught(copy: Path, contract: str, file: str, line: str) -> None:
    planted = copy / file
    before = planted.read_text() if planted.exists() else None
    planted.write_text(f"{before or ''}\n{line}\n")
    try:
        result = lint(copy)
    finally:
        if before is None:
            planted.unlink()
        else:
            planted.write_text(before)

    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert result.returncode != 0
    assert any(row.startswith(contract) for row in broken), result.stdout
