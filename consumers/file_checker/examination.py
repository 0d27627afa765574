"""Starts the look at a file in its own process and reads what it says; asks the scanner, where there is one."""

import asyncio
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Final

from consumers.file_checker.handler import Found, Reason
from consumers.file_checker.settings import CheckSettings
from topics.errors import Retry

ROOT: Final = str(Path(__file__).parents[2])
PROGRAM: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from consumers.file_checker.examine import main; main()"
)
# Of the wall's clock, on a machine that has other things to do; what it may compute is bounded inside.
LOOK_SECONDS: Final = 120.0
SCAN_SECONDS: Final = 300.0
# Strangers' bytes are read there: no keys and passwords of ours.
PASSED_ON: Final = ("PATH", "LD_LIBRARY_PATH", "LANG")
INFECTED: Final = 1


async def examine(content: bytes, settings: CheckSettings) -> Found:
    """What a file is. Raises Retry when the machine or the scanner did not let us find out."""
    with tempfile.TemporaryDirectory(prefix="doska-check-") as folder:
        file, thumbnail = Path(folder, "file"), Path(folder, "thumbnail")
        await asyncio.to_thread(file.write_bytes, content)
        bounds = (settings.max_pixels, settings.check_memory_bytes, settings.check_cpu_seconds)
        code, said = await _run(
            (sys.executable, "-I", "-c", PROGRAM, ROOT, str(file), str(thumbnail), *(str(each) for each in bounds)),
            LOOK_SECONDS,
        )
        found = _read(code, said, thumbnail)
        if found.wrong is None and settings.scan_command:
            infected = await _is_infected(settings.scan_command, file)
            if infected:
                return Found(found.mime, wrong=Reason("/sha256", "is of a file that the virus scanner refuses"))
        return found


def _read(code: int, said: bytes, thumbnail: Path) -> Found:
    try:
        told = json.loads(said)
    except ValueError:
        # It was stopped at a bound, or the reader of pictures broke: both are the file's doing.
        return Found(None, wrong=Reason("/size", f"takes too much time or memory to be looked at ({code})"))
    wrong = told["wrong"]
    return Found(
        told["mime"],
        told["width"],
        told["height"],
        thumbnail.read_bytes() if told["thumbnail"] else None,
        None if wrong is None else Reason(wrong["path"], wrong["message"]),
    )


async def _is_infected(command: str, file: Path) -> bool:
    """Whether the scanner refuses the file. Raises Retry when it does not say."""
    code, _ = await _run((*shlex.split(command), str(file)), SCAN_SECONDS)
    if code not in (0, INFECTED):
        raise Retry(f"the scanner ended with {code}")
    return code == INFECTED


async def _run(command: tuple[str, ...], seconds: float) -> tuple[int, bytes]:
    """The exit code and the output of a command. Raises Retry when it cannot be run or takes longer."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
    except OSError as error:
        raise Retry(f"{command[0]} cannot be run: {error}") from error
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise Retry(f"{command[0]} did not end in {seconds:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said
