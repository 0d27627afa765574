import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a fresh checkout as the script needs."""
    (tmp_path / "compose").mkdir()
    shutil.copy(ROOT / "compose" / "bootstrap.sh", tmp_path / "compose")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "requirements.lock").write_text(f"idna==3.10 --hash=sha256:{'0' * 64}\n")
    (tmp_path / "requirements-dev.lock").write_text("")
    return tmp_path


def bootstrap(checkout: Path, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/sh", "compose/bootstrap.sh", "runtime"],
        cwd=checkout,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.strip()


def program(directory: Path, name: str, script: str) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def old_python(directory: Path) -> Path:
    # It knows its version and fails every question about a newer one.
    return program(directory, "python3", 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')


def test_a_python_that_is_too_old_is_one_sentence(checkout: Path) -> None:
    tools = checkout / "tools"
    old_python(tools)
    for name in ("dirname", "cat", "cksum", "grep", "awk", "df", "date", "sh"):
        (tools / name).symlink_to(str(shutil.which(name)))

    status, said = bootstrap(checkout, PATH=str(tools), PYTHON="")

    assert status == 1
    assert said == (
        "doska: Doska needs Python 3.11 or newer, and there is Python 3.9.2 here: "
        "install one, or name it: make PYTHON=/path/to/python3 up"
    )


def test_a_named_python_that_is_too_old_is_one_sentence(checkout: Path) -> None:
    python = old_python(checkout / "tools")

    assert bootstrap(checkout, PYTHON=str(python)) == (1, f"doska: PYTHON={python} is not a Python 3.11 or newer.")


def test_a_missing_venv_module_is_one_sentence_that_says_what_to_install(checkout: Path) -> None:
    python = program(
        checkout / "tools",
        "python3",
        'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.11;; *) exit 0;; esac',
    )

    status, said = bootstrap(checkout, PYTHON=str(python))

    assert status == 1
    assert said == ("doska: Python's venv module is missing: on Debian and Ubuntu run: apt-get install python3.11-venv")


def test_a_full_disk_is_one_sentence(checkout: Path) -> None:
    program(checkout / "tools", "df", 'printf "head\\n/dev/x 1 1 90000 1%% /\\n"')

    status, said = bootstrap(checkout, PATH=f"{checkout / 'tools'}:{os.environ['PATH']}", PYTHON=sys.executable)

    assert status == 1
    assert said.startswith("doska: Only 87 MB are free on the disk of ")
    assert said.endswith("make room.")


@pytest.mark.integration
def test_no_network_is_one_sentence_and_the_next_try_starts_anew(checkout: Path) -> None:
    nobody = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_NO_INDEX": "", "PIP_FIND_LINKS": ""}

    for _ in range(2):
        status, said = bootstrap(checkout, PYTHON=sys.executable, NO_PROXY="127.0.0.1", **nobody)

        assert status == 1
        assert said.startswith("doska: The Python packages could not be downloaded: the first run needs the network")
    assert not (checkout / ".venv" / ".made-runtime").exists()
