"""The schemas as they were at another commit of this repository."""

import io
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from schemas.registry import Registry, load
from schemas.schema_files import FOLDER
from topics.errors import Misconfigured


def registry_at(ref: str, folder: Path = FOLDER) -> Registry:
    """The message types of a commit, branch or tag.

    Raises Misconfigured when git does not know it, SchemaFileInvalid when its files are none by the rules of today.
    """
    with TemporaryDirectory() as there:
        with tarfile.open(fileobj=io.BytesIO(_archive(ref, folder))) as packed:
            packed.extractall(there, filter="data")
        return load(Path(there) / folder.name)


def _archive(ref: str, folder: Path) -> bytes:
    """What `git archive` gives of the schema files."""
    if ref.startswith("-"):
        raise Misconfigured(f"{ref} is no commit")
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and what begins with - is refused
            ["git", "archive", "--format=tar", ref, "--", folder.name],  # noqa: S607 - git, wherever it is
            cwd=folder.parent,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise Misconfigured("there is no git to ask what the schemas were") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Misconfigured(f"git does not know the schemas at {ref}: {said[-1] if said else 'no word why'}")
    return done.stdout
