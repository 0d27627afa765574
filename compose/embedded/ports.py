"""Ports for the parts: free ones, or ones that stay the same over restarts."""

import json
import random
import socket
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from compose.embedded.errors import PortInUse

# Below the range that systems hand out for outgoing connections (32768 and up on Linux): a port of ours
# must not be taken, while we are down, by somebody's passing connection. And 10,000 above it, where SeaweedFS wants one
# more port, it must not either.
LOWEST, HIGHEST = 10_000, 20_000
BLOCK = 20


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As the servers do: a connection in TIME_WAIT of an earlier run does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free(names: Iterable[str], *, start: int | None = None) -> dict[str, int]:
    """A free port for each name, from `start` upwards or from a random place."""
    port = random.randrange(LOWEST, HIGHEST) if start is None else start
    found: dict[str, int] = {}
    for name in names:
        for _ in range(HIGHEST - LOWEST):
            port = port + 1 if port < HIGHEST else LOWEST
            if is_free(port):
                break
        found[name] = port
    return found


def fixed(names: Iterable[str], remembered: Path) -> dict[str, int]:
    """The port that each name had before, or a free one, remembered from now on.

    The first choice depends on the place of the file, so that two checkouts do not meet.
    """
    known: dict[str, int] = json.loads(remembered.read_text()) if remembered.exists() else {}
    missing = [name for name in names if name not in known]
    if missing:
        blocks = (HIGHEST - LOWEST) // BLOCK
        start = LOWEST + zlib.crc32(str(remembered.absolute()).encode()) % blocks * BLOCK
        taken = set(known.values())
        candidates = free((str(place) for place in range(len(missing) + len(taken))), start=start).values()
        known |= dict(zip(missing, (port for port in candidates if port not in taken), strict=False))
        new = remembered.with_suffix(".new")
        new.write_text(json.dumps(known, indent=1))
        new.replace(remembered)
    return {name: known[name] for name in names}


def claim(part: str, ports: Mapping[str, int], hint: str) -> None:
    """Fail in one clear sentence when somebody listens on one of these ports.

    Raises:
        PortInUse: naming the part, the port and, by `hint`, what to do.
    """
    for port in ports.values():
        if not is_free(port):
            raise PortInUse(part, port, hint)
