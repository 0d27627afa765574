"""Brings Kafka's jars here, each checked by its sum in the lock.

A start resolves nothing: the list is locked. `python -m compose.embedded.kafka_fetch lock` writes the lock anew,
`… fetch DIRECTORY` brings the files. The `!` behind log4j's coordinates keeps log4j's own dependency management out of
it: without it jgo would put kafka-clients 3.9.1 beside a 4.3.1 broker, which breaks at once.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

from compose.embedded import kafka_jars
from compose.embedded.errors import NothingFetched
from compose.embedded.kafka_jars import KAFKA, Jar

COORDINATES = "+".join(
    (
        f"org.apache.kafka:kafka_2.13:{KAFKA}",
        "org.apache.logging.log4j:log4j-slf4j-impl:2.25.2!",
        "org.apache.logging.log4j:log4j-core:2.25.2!",
    )
)
ATTEMPTS = 3
FORGOTTEN_SECONDS = 3600


def fetch(cache: Path) -> None:
    """Bring the missing jars into the cache, checked by their sums; blocks.

    Raises:
        NothingFetched: no network, no such file there, or another file than the locked one.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for left in cache.glob("fetching-*"):
        if time.time() - left.stat().st_mtime > FORGOTTEN_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    repositories = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    # On the cache's own file system: a finished file moves into its place whole.
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as scratch, ThreadPoolExecutor(6) as pool:
        context = MavenContext(repo_cache=Path(scratch), remote_repos=repositories, timeout=30)
        for _ in pool.map(lambda jar: _fetch_one(context, jar, cache), kafka_jars.missing(cache)):
            pass


def _fetch_one(context: MavenContext, jar: Jar, cache: Path) -> None:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    problem: Exception | None = None
    for _ in range(ATTEMPTS):
        try:
            path = Path(artifact.resolve())
        except (requests.RequestException, RuntimeError, OSError, AssertionError) as error:
            shutil.rmtree(context.repo_cache / artifact.component.path_prefix, ignore_errors=True)
            problem = error
            continue
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != jar.sha256:
            raise NothingFetched(
                f"{jar.file_name} came with SHA-256 {found}, but {kafka_jars.LOCK.name} says {jar.sha256}."
            )
        path.replace(cache / jar.file_name)
        return
    raise NothingFetched(
        f"Kafka's file {jar.file_name} could not be downloaded from the Maven repository: the first run needs the "
        f"network (or set DOSKA_KAFKA_BOOTSTRAP to a Kafka of your own). The last problem was: {problem}"
    ) from problem


def write_lock() -> None:
    """Resolve the coordinates anew and write the lock."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        jgo = [str(Path(sys.executable).with_name("jgo")), "--cache-dir", f"{scratch}/jgo", "--repo-cache", scratch]
        subprocess.run([*jgo, "info", "jars", COORDINATES], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command line
        lines = []
        for path in folder.rglob("*.jar"):
            parts = path.relative_to(folder).parts
            if parts[0] != "jgo":
                sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
                lines.append(f"{'.'.join(parts[:-3])}:{parts[-3]}:{parts[-2]} {sha256}")
    head = (
        f"# Apache Kafka {KAFKA} and what it needs to run as one broker, with SHA-256 sums.\n"
        "# Written by: python -m compose.embedded.kafka_fetch lock\n"
    )
    kafka_jars.LOCK.write_text(head + "".join(f"{line}\n" for line in sorted(lines)))


def main(arguments: list[str]) -> int:
    """The two verbs; a failure is the last line of the output."""
    if arguments == ["lock"]:
        write_lock()
        return 0
    _fetch_verb, cache = arguments
    try:
        fetch(Path(cache))
    except (NothingFetched, OSError) as error:
        print(error)  # noqa: T201 - who started us reads it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
