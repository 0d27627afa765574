"""The limit of open files, in a process of its own."""

import resource
import subprocess
import sys

from edge.open_files import FEWEST, OWN, connections

SCRIPT = """
import resource, sys
from edge.open_files import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (64, int(sys.argv[1])))
print(raise_limit(int(sys.argv[2])), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def limited(hard: int, wanted: int) -> str:
    done = subprocess.run(  # our own interpreter
        [sys.executable, "-c", SCRIPT, str(hard), str(wanted)], check=True, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_the_soft_limit_becomes_the_hard_one() -> None:
    assert limited(512, 512).strip() == "512 512"


def test_a_hard_limit_that_is_too_low_is_said() -> None:
    said = limited(512, 20_500)

    assert "512 512" in said
    assert "few files may be open" in said
    assert "wanted=20500" in said.replace("\x1b[0m", "").replace("\x1b[35m", "").replace("\x1b[36m", "")


def test_connections_leave_files_for_everything_else() -> None:
    assert connections(20_500) >= 20_000
    assert connections(1024) == 1024 - OWN
    assert connections(50) == FEWEST
    assert connections(resource.RLIM_INFINITY) > 10**9
