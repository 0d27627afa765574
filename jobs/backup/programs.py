"""PostgreSQL's own programs: those of the embedded server, else those on the path."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from compose.embedded.command import tied
from compose.embedded.errors import StackError
from compose.embedded.wheels import postgres_home
from topics.errors import DoskaError, Misconfigured

SAID_BYTES: Final = 2000


class ProgramFailed(DoskaError):
    """A program of PostgreSQL ended with a status that is not 0; the text is what it said."""


def program(name: str) -> Path:
    """Where it is. Raises Misconfigured when it is nowhere."""
    try:
        ours = postgres_home() / "bin" / name
    except StackError:
        ours = None
    if ours is not None and ours.exists():
        return ours
    if found := shutil.which(name):
        return Path(found)
    raise Misconfigured(f"{name} is not here: install PostgreSQL's client programs of your server's release")


def address(dsn: str, application: str) -> tuple[str, Mapping[str, str]]:
    """An address without its password, which others could read in the list of processes, and the environment that has it."""
    parts = urlsplit(dsn)
    user, _, at = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    netloc = f"{name}@{at}" if user else parts.netloc
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGAPPNAME": application}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("PGSSL") or name == "HOME"}
    if password:
        environment["PGPASSWORD"] = unquote(password)
    return urlunsplit(parts._replace(netloc=netloc)), environment


async def started(name: str, *words: str, environment: Mapping[str, str], said: int) -> asyncio.subprocess.Process:
    """The running program, which ends with us; what it says goes to the open file `said`."""
    return await asyncio.create_subprocess_exec(
        *tied((str(program(name)), *words), Path("/"), signal.SIGTERM),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=said,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


async def run(name: str, words: Sequence[str], *, environment: Mapping[str, str]) -> str:
    """Run a program to its end; gives what it said. Raises ProgramFailed."""
    process = await started(name, *words, environment=environment, said=asyncio.subprocess.PIPE)
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            # All of its group: pg_basebackup has a child that receives the log, and would go on for ever.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    text = output.decode(errors="replace").strip()
    if process.returncode != 0:
        raise ProgramFailed(f"{name} failed: {text[-SAID_BYTES:]}")
    return text
