"""Whether anything that is locked is known to be vulnerable: `python -m compose.audit`.

Python's packages are looked up by pip-audit at PyPI, the client's by npm at its registry. Where no answer can be had (no
network, a mirror that passes on packages and no advisories) this says so and fails nothing: a check must run anywhere, and
must not claim what nobody has looked at. pip-audit itself calls a package that its index does not know fine.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from compose import nodejs
from compose.embedded.errors import StackError
from compose.webclient import SOURCES, with_node_first

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements-dev.lock"
# A release against which much is known: who knows nothing against it tells no advisories.
CANARY: Final = "jinja2==2.4.1"
PATIENCE_SECONDS: Final = 10
LONGEST_SECONDS: Final = 300
# Advisories that are known and do not concern us, by id, each with its reason.
EXCUSED: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of some packages; `why_not` where nothing could be learned, or not of all."""

    found: tuple[str, ...] = ()
    looked_at: int = 0
    why_not: str = ""

    def lines(self, whose: str) -> Iterator[str]:
        """What a person is told."""
        if self.why_not:
            yield f"audit: {whose}: NOT AUDITED: {self.why_not}"
        if self.looked_at and not self.found:
            yield f"audit: {whose}: {self.looked_at} packages, nothing is known against them"
        for one in self.found:
            yield f"audit: {whose}: {one}"


def of_python(lock: Path = LOCK) -> Verdict:
    """What PyPI knows of the packages of a lock file."""
    with NamedTemporaryFile("w", suffix=".txt") as canary:
        canary.write(CANARY)
        canary.flush()
        silent = why_silent(_pip_audit(Path(canary.name), "--no-deps"))
    return Verdict(why_not=silent) if silent else read_pip_audit(_pip_audit(lock, "--require-hashes"))


def why_silent(said: str) -> str:
    """Why PyPI tells no advisories from here, by what pip-audit says of the canary; nothing when it does tell them."""
    verdict = read_pip_audit(said, ())
    return "" if verdict.found else verdict.why_not or "PyPI tells no advisories here"


def of_client(sources: Path = SOURCES, *more: str) -> Verdict:
    """What the registry of npm knows of the packages of the client's lock file; `more` are options of npm."""
    try:
        node = nodejs.find()
    except StackError as error:
        return Verdict(why_not=str(error))
    words = ("audit", "--json", "--package-lock-only", "--fetch-retries=0", *more)
    return read_npm(_said(*node.npm, *words, directory=sources, environment=with_node_first(node)))


def read_pip_audit(said: str, excused: Iterable[str] = EXCUSED) -> Verdict:
    """What pip-audit found, of its JSON."""
    told = _json(said)
    if "dependencies" not in told:
        return Verdict(why_not="pip-audit could not ask PyPI")
    found: list[str] = []
    looked_at = unknown = 0
    for each in told["dependencies"]:
        unknown += "skip_reason" in each
        looked_at += "skip_reason" not in each
        for one in each.get("vulns", ()):
            if not {one["id"], *one["aliases"]} & set(excused):
                better = ", ".join(one["fix_versions"]) or "no release yet"
                found.append(f"{each['name']} {each['version']}: {one['id']}, mended in {better}")
    why_not = f"PyPI does not know {unknown} of {unknown + looked_at} packages" if unknown else ""
    return Verdict(tuple(found), looked_at, why_not)


def read_npm(said: str, excused: Iterable[str] = EXCUSED) -> Verdict:
    """What `npm audit` found, of its JSON."""
    told = _json(said)
    if "vulnerabilities" not in told:
        return Verdict(why_not="the registry of npm tells no advisories here")
    found = {
        f"{name} {via['range']}: {via['title']} ({via['url'].rpartition('/')[2]})"
        for name, one in told["vulnerabilities"].items()
        # A text here is the name of another package, which stands there with its own.
        for via in one["via"]
        if isinstance(via, dict) and via["url"].rpartition("/")[2] not in set(excused)
    }
    return Verdict(tuple(sorted(found)), told["metadata"]["dependencies"]["total"])


def _pip_audit(requirements: Path, *more: str) -> str:
    words = ("--requirement", str(requirements), "--disable-pip", "--format=json", "--progress-spinner=off", *more)
    return _said(sys.executable, "-m", "pip_audit", *words, f"--timeout={PATIENCE_SECONDS}")


def _said(*command: str, directory: Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """What a program writes, however it ends; nothing when it takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - our own tools
            command,
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def _json(said: str) -> dict[str, Any]:
    try:
        told = json.loads(said)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def main() -> int:
    """Tell, and fail when something is known."""
    verdicts = {"Python": of_python(), "web client": of_client()}
    for whose, verdict in verdicts.items():
        print("\n".join(verdict.lines(whose)))  # noqa: T201 - a command line speaks
    return 1 if any(verdict.found for verdict in verdicts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
