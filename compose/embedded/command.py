"""A helper program run to its end; it does not outlive us, and dies when the wait for it is cancelled."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from compose.embedded.errors import PartFailed

LAUNCH = Path(__file__).with_name("launch.py")
KEPT_LOG_BYTES = 5_000_000


def tied(command: tuple[str, ...], directory: Path, death_signal: int, uid: int = 0, gid: int = 0) -> list[str]:
    """This command line, run inside a directory, as a user (0: ourselves), ended by a signal when we die."""
    words = [os.getpid(), int(death_signal), uid, gid, directory.absolute()]
    return [sys.executable, "-I", "-S", str(LAUNCH), *(str(word) for word in words), *command]


def with_our_packages() -> dict[str, str]:
    """Our environment for a Python program that imports ours from any directory."""
    root, others = str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{others}" if others else root}


async def run(
    part: str,
    what: str,
    command: tuple[str, ...],
    *,
    directory: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    uid: int = 0,
    gid: int = 0,
) -> None:
    """Run a command to its end; `what` finishes the sentence "<part> could not …".

    Raises:
        PartFailed: its status was not 0.
    """
    rotate(log)
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *tied(command, directory, signal.SIGKILL, uid, gid),
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if status != 0:
        raise PartFailed(part, f"could not {what}", log, last_line(log))


def rotate(log: Path) -> None:
    """Keep one older log when this one has grown."""
    if log.exists() and log.stat().st_size > KEPT_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def last_line(log: Path) -> str:
    """The line that tells most, for an error message: the last that speaks of an error, else the last at all."""
    try:
        lines = log.read_bytes()[-8000:].decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    telling = [line for line in lines if re.search("error|fatal|exception|panic", line, re.IGNORECASE)]
    return next(reversed(telling or lines), "").strip()[:300]
