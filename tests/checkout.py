"""A checkout of its own for a test that changes the tree."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def check_out(folder: Path) -> None:
    """Copy the tree as git has it, without the client, into a folder that becomes a repository of its own."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith("edge/web/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
