"""Bugs to be planted in a copy of the tree, and what the test that must see each of them says there."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

LIMIT_SECONDS = 300.0
HEAD = re.compile(r"Plants: (?P<about>.+)\nRed: (?P<red>.+)\nSays: (?P<says>.+)\n\n--- a/")


@dataclass(frozen=True, slots=True)
class Plant:
    """A bug as a patch: what it plants, the id of the test that must turn red, and what that says then."""

    file: Path
    about: str
    red: str
    says: re.Pattern[str]

    @property
    def name(self) -> str:
        return self.file.stem


def plants() -> list[Plant]:
    """All that lie here."""
    return [_read(file) for file in sorted(Path(__file__).parent.glob("*.patch"))]


def _read(file: Path) -> Plant:
    head = HEAD.match(file.read_text())
    assert head is not None, f"{file.name} does not begin with its lines Plants, Red and Says"
    return Plant(file, head["about"], head["red"], re.compile(head["says"]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test: passed, failure, error, skipped; and why."""

    test: str
    kind: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run of pytest ended, what became of each test, and all that was said."""

    status: int
    outcomes: Sequence[Outcome]
    said: str


class Tree:
    """A copy of the tree as git has it, in which one bug after the other is planted and removed."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        self._alone = asyncio.Lock()
        self._runs = count(1)

    async def judge(self, plant: Plant) -> Verdict:
        """What the test says that must see the plant."""
        async with self._alone:
            await self._git("apply", str(plant.file))
            try:
                return await self._run(plant.red)
            finally:
                await self._git("apply", "--reverse", str(plant.file))

    async def _run(self, test: str) -> Verdict:
        report = self.folder.with_name(f"{self.folder.name}-{next(self._runs)}.xml")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *(f"--basetemp={report.with_suffix('')}", f"--junit-xml={report}", test),
            cwd=self.folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()
        assert process.returncode is not None
        return Verdict(process.returncode, _outcomes(report) if report.exists() else [], said.decode(errors="replace"))

    async def _git(self, *words: str) -> None:
        await asyncio.to_thread(subprocess.run, ["git", *words], cwd=self.folder, check=True, capture_output=True)


def environment_of(lent: Mapping[str, str]) -> dict[str, str]:
    """What a run needs to work on parts that are lent to it, and nothing of the run that started it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DOSKA_", "PYTEST_"))}
    return {**own, **lent, "DOSKA_TEST_SPOILABLE": "yes"}


def _outcomes(report: Path) -> list[Outcome]:
    found = []
    for case in ET.parse(report).iter("testcase"):
        bad = [each for each in case if each.tag in {"failure", "error", "skipped"}]
        found += [Outcome(case.attrib["name"], each.tag, each.get("message", "")) for each in bad]
        if not bad:
            found.append(Outcome(case.attrib["name"], "passed"))
    return found
