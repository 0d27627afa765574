"""The built web client: made when it is missing or its sources changed.

`python -m compose.webclient build` makes it, `… run SCRIPT` runs a script of package.json.
"""

import asyncio
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from compose import nodejs
from compose.embedded.command import run
from compose.embedded.errors import NothingFetched, PartFailed, StackError
from compose.embedded.progress import Progress, Step, silent

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "edge" / "web"
BUILT = SOURCES / "dist"
# Holds the hash of the sources that the build was made from; written last, so that half a build is no build.
MARK = ".sources"
NOT_SOURCES = frozenset({"node_modules", "dist", "tests", "screenshots", "coverage"})
NAME = "web client"


def content_hash(sources: Path) -> str:
    """One hash over the names and contents of everything that a build reads."""
    whole = hashlib.sha256()
    for path in sorted(_files(sources)):
        whole.update(str(path.relative_to(sources)).encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def is_built(sources: Path = SOURCES) -> bool:
    """Whether the built client is there and made from these very sources."""
    mark = sources / "dist" / MARK
    return mark.exists() and mark.read_text() == content_hash(sources)


async def ensure_built(tell: Progress = silent, *, sources: Path = SOURCES, logs: Path | None = None) -> None:
    """Build the client unless it is built.

    Raises:
        StackError: no Node, no network for its packages, or the build failed; names the log.
    """
    if await asyncio.to_thread(is_built, sources):
        return
    begun = time.monotonic()
    log = _log(logs)
    async with _one_at_a_time(sources):
        if await asyncio.to_thread(is_built, sources):
            return
        await _build(sources, log, tell)
    tell(Step(NAME, "ready", time.monotonic() - begun))


async def _build(sources: Path, log: Path, tell: Progress) -> None:
    node = nodejs.find()
    environment = with_node_first(node)
    await ensure_packages(sources, log, tell)
    before = content_hash(sources)
    tell(Step(NAME, "starting", note="building"))
    (sources / "dist" / MARK).unlink(missing_ok=True)
    await run(NAME, "be built", (*_absolute(node), "run", "build"), directory=sources, log=log, environment=environment)
    (sources / "dist" / MARK).write_text(before)


async def ensure_packages(sources: Path, log: Path, tell: Progress = silent) -> None:
    """Bring the packages of a folder's lock file, unless they are there. Raises StackError."""
    if _packages_are_fresh(sources):
        return
    node = nodejs.find()
    environment = with_node_first(node)
    tell(Step(NAME, "fetching", note="its packages, by npm"))
    words = ("ci", "--no-audit", "--no-fund", "--loglevel=error")
    try:
        await run(
            NAME, "get its packages", (*_absolute(node), *words), directory=sources, log=log, environment=environment
        )
    except PartFailed as failure:
        if await asyncio.to_thread(_says_no_network, log):
            raise NothingFetched(
                f"The web client's packages could not be downloaded from the npm registry: the first run needs the "
                f"network. Its log is {log}."
            ) from None
        raise failure from None


def _says_no_network(log: Path) -> bool:
    end = log.read_text(errors="replace")[-4000:]
    return any(word in end for word in ("ENOTFOUND", "ECONN", "ETIMEDOUT", "EAI_AGAIN"))


def with_node_first(node: nodejs.Node) -> dict[str, str]:
    """Our environment with this Node first on the path: the programs that npm's scripts start call `node` by name.

    They cannot call `npm` so: the wheel holds a copy where npm has a link, and that copy does not find its parts.
    """
    return os.environ | {"PATH": f"{node.node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _log(logs: Path | None) -> Path:
    directory = logs or ROOT / ".doska" / "logs"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory / "web-build.log"


def _absolute(node: nodejs.Node) -> tuple[str, ...]:
    return (str(Path(node.npm[0]).absolute()), *node.npm[1:])


def _packages_are_fresh(sources: Path) -> bool:
    # npm writes this file last.
    installed, lock = sources / "node_modules" / ".package-lock.json", sources / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime


def _files(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if path.name in NOT_SOURCES or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


@asynccontextmanager
async def _one_at_a_time(sources: Path) -> AsyncIterator[None]:
    # Two starts of one checkout would write into the same directory.
    with (sources / "package.json").open("rb") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(0.2)
            else:
                break
        yield


def main(words: list[str]) -> int:
    """`build`, or `run SCRIPT` (which brings the packages first)."""
    try:
        if words == ["build"]:
            asyncio.run(ensure_built())
            return 0
        _run, script = words
        node = nodejs.find()
        asyncio.run(ensure_packages(SOURCES, _log(None)))
    except StackError as error:
        print(f"doska: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks
        return 1
    command = [*_absolute(node), "run", "--silent", script]
    return subprocess.run(command, cwd=SOURCES, env=with_node_first(node), check=False).returncode  # noqa: S603 - ours


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
