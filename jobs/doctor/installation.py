"""This installation: its files and who may read them, its ports, its clock, its web client."""

import json
import stat
import time
from pathlib import Path

from compose import webclient
from compose.embedded import ports
from edge.settings import EdgeSettings
from jobs.doctor.finding import Finding, bad, note, ok
from schemas.keyring import Keyring, KeyringInvalid

# No message of this product is older.
EARLIEST = 1_735_689_600
FUTURE_SECONDS = 60


def examine(settings: EdgeSettings, holder: str | None) -> list[Finding]:
    """Everything about the installation. `holder`: what a running `doska up` noted, if one runs."""
    findings = [ok(f"Doska is running: {holder}") if holder is not None else note("Doska is not running here")]
    if holder is None:
        findings += free_ports(settings)
    return [*findings, *keyring(settings.keyring_file), *private(settings.data_dir), *clock(settings.data_dir), web()]


def free_ports(settings: EdgeSettings) -> list[Finding]:
    """Whether a start would find its ports free."""
    remembered = settings.data_dir / "ports.json"
    try:
        wanted: dict[str, int] = json.loads(remembered.read_text())
    except FileNotFoundError:
        wanted = {}
    except ValueError:
        return [bad(f"{remembered} is not readable: delete it, new ports are chosen.")]
    taken = [f"{port} ({name})" for name, port in wanted.items() if not ports.is_free(port)]
    findings = []
    if taken:
        findings.append(
            bad(
                f"Ports of the parts are in use by another program: {', '.join(taken)}. Stop it, or delete {remembered}."
            )
        )
    if settings.port and not ports.is_free(settings.port):
        findings.append(
            bad(f"Port {settings.port} is in use by another program: stop it, or set DOSKA_PORT to another port.")
        )
    return findings or [ok(f"Port {settings.port} and those of the parts are free")]


def keyring(path: Path) -> list[Finding]:
    """The keys that sign tokens and seal secrets."""
    try:
        ring = Keyring.load(path)
    except FileNotFoundError:
        return [note(f"There is no keyring at {path} yet; the first `make up` makes it.")]
    except (KeyringInvalid, OSError) as problem:
        return [
            bad(f"The keyring cannot be used: {problem}. Without the old one, sessions, links and passwords are lost.")
        ]
    return [ok(f"The keyring {path} has {len(ring.kids)} keys"), *_only_mine(path)]


def private(data_dir: Path) -> list[Finding]:
    """Files with secrets of the parts."""
    paths = (data_dir / "credentials.json", data_dir / "addresses.json")
    return [finding for path in paths if path.exists() for finding in _only_mine(path)]


def clock(data_dir: Path) -> list[Finding]:
    """Ids, tokens and retention hang on the clock."""
    now = time.time()
    if now < EARLIEST:
        return [
            bad(f"The clock says {time.strftime('%Y-%m-%d', time.gmtime(now))}: set it, tokens and ids depend on it.")
        ]
    logs = data_dir / "logs"
    newest = max((path.stat().st_mtime for path in logs.glob("*")), default=0.0)
    if newest > now + FUTURE_SECONDS:
        ahead = newest - now
        return [bad(f"Files in {logs} are {ahead:.0f} s ahead of the clock: it was set back, and ids would not grow.")]
    return [ok("The clock is plausible")]


def web() -> Finding:
    """Whether the web client is built from these sources."""
    if webclient.is_built():
        return ok("The web client is built")
    return note("The web client is not built from these sources; `make up` or `make web` builds it.")


def _only_mine(path: Path) -> list[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    return [bad(f"{path} may be read by others ({mode:o}): run chmod 600 {path}")] if mode & 0o077 else []
