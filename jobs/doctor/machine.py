"""The machine: Python, disk, memory, and the programs that came in packages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from compose import nodejs
from compose.embedded import kafka_jars, unprivileged, wheels
from compose.embedded.errors import StackError
from compose.embedded.stack import NEEDED_BYTES, default_cache
from jobs.doctor.finding import Finding, bad, note, ok

ROOT = Path(__file__).resolve().parents[2]
NEEDED_MEMORY = 1_000_000_000
PROGRAM_SECONDS = 10
LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?: ; (.+?))?\s*\\?$", re.MULTILINE)


def examine(data_dir: Path | None) -> list[Finding]:
    """Everything about the machine."""
    here = data_dir if data_dir is not None and data_dir.exists() else Path()
    return [
        python(sys.version_info[:3]),
        *packages(),
        disk(here, shutil.disk_usage(here).free),
        *memory(),
        *programs(),
        node(),
        *user(),
    ]


def python(found: tuple[int, int, int]) -> Finding:
    """The interpreter."""
    words = ".".join(map(str, found))
    return ok(f"Python {words}") if found >= (3, 11) else bad(f"Python {words} is too old: Doska needs 3.11 or newer.")


def packages() -> list[Finding]:
    """Whether what is installed is what is locked."""
    lock = ROOT / "requirements.lock"
    if not lock.exists():
        return [note("There is no requirements.lock here, so the versions of packages are not checked.")]
    wrong = [
        f"{name} {installed or 'is missing'} (locked {wanted})"
        for name, wanted, marker in LOCKED.findall(lock.read_text())
        if not marker and (installed := _installed(name)) != wanted
    ]
    if wrong:
        return [bad(f"Packages differ from requirements.lock: {', '.join(wrong[:5])}. Run `make up` or `make check`.")]
    return [ok("Python packages are those of requirements.lock")]


def disk(place: Path, free: int) -> Finding:
    """Room for data."""
    where = place.absolute()
    if free < NEEDED_BYTES:
        return bad(
            f"Only {free // 1_000_000} MB are free at {where}: make room, or set DOSKA_DATA_DIR to another disk."
        )
    if free < 4 * NEEDED_BYTES:
        return note(f"{free // 1_000_000} MB are free at {where}; the log needs more as it grows.")
    return ok(f"{free / 1e9:.0f} GB are free at {where}")


def memory() -> list[Finding]:
    """Room for the parts, which take about 700 MB together."""
    try:
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        available = int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return []
    if available < NEEDED_MEMORY:
        return [bad(f"Only {available // 1_000_000} MB of memory are available, and the parts need about 1000 MB.")]
    return [ok(f"{available / 1e9:.1f} GB of memory are available")]


def programs() -> list[Finding]:
    """Whether the parts' programs are there and run on this system."""
    wanted: dict[str, Callable[[], list[str]]] = {
        "Java, for Kafka": lambda: [str(wheels.java_home() / "bin" / "java"), "-version"],
        "PostgreSQL": lambda: [str(wheels.postgres_home() / "bin" / "postgres"), "--version"],
        "Valkey": lambda: [str(wheels.valkey_server()), "--version"],
        "SeaweedFS": lambda: [str(wheels.weed()), "version"],
    }
    found = [_program(name, command) for name, command in wanted.items()]
    missing = kafka_jars.missing(default_cache(Path(".doska")) / f"kafka-{kafka_jars.KAFKA}")
    if missing:
        found.append(note(f"{len(missing)} files of Kafka are not downloaded yet; the first `make up` does it."))
    return found


def node() -> Finding:
    """What builds the web client."""
    try:
        return ok(f"Node.js to build the web client: {nodejs.find().node}")
    except StackError as problem:
        return bad(str(problem))


def user() -> list[Finding]:
    """Root is allowed, and PostgreSQL is not run by it."""
    if os.geteuid() != 0:
        return []
    try:
        unprivileged.choose()
    except StackError as problem:
        return [bad(str(problem))]
    return [note("You are root: PostgreSQL runs as the user 'nobody', the other parts as root.")]


def _program(name: str, command: Callable[[], list[str]]) -> Finding:
    try:
        done = subprocess.run(command(), capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False)  # noqa: S603 - ours
    except StackError as problem:
        return bad(str(problem))
    except (OSError, subprocess.TimeoutExpired) as problem:
        return bad(f"{name} does not run on this machine: {problem}")
    said = (done.stdout + done.stderr).strip().split("\n", 1)[0]
    if done.returncode != 0:
        return bad(f"{name} does not run on this machine: {said}")
    return ok(f"{name}: {said}")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
