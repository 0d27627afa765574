"""What is measured: the bench's own product on free ports in a directory of its own, or somebody's deployment."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from compose.embedded.progress import Progress, silent
from compose.product import Product
from edge.settings import EdgeSettings

# A bench asks more of one account and one address than people do; what is written as the limit is "none".
SETTINGS = {
    "DOSKA_LIMIT_REGISTRATIONS_PER_MINUTE": "0",
    "DOSKA_LIMIT_LOGIN_FAILURES_PER_MINUTE": "0",
    "DOSKA_LIMIT_WRITES_PER_SECOND": "0",
    "DOSKA_LIMIT_SENDS_PER_SECOND": "0",
    "DOSKA_LIMIT_OP_BYTES_PER_SECOND": "0",
    "DOSKA_ACCESS_TOKEN_SECONDS": "14400",
    "DOSKA_LOG_LEVEL": "warning",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where it is; `processes` and `topic_bytes` know nothing of one that is not the bench's own."""

    url: str
    processes: Callable[[], Mapping[str, Collection[int]]]
    topic_bytes: Callable[[str], int | None]


def elsewhere(url: str) -> Deployment:
    """Somebody's deployment."""
    return Deployment(url.rstrip("/"), dict, lambda _: None)


@asynccontextmanager
async def own(tell: Progress = silent, *, workers: int = 1) -> AsyncIterator[Deployment]:
    """The whole product, started for this bench and removed after it, its edge of so many processes."""
    directory = Path(tempfile.mkdtemp(prefix="doska-bench-"))
    # Parts that are somebody else's have other users: only a person who names one by its variable means it.
    os.environ.update({name: os.environ.get(name, value) for name, value in SETTINGS.items()})
    os.environ["DOSKA_DATA_DIR"] = str(directory)
    # Loopback by number: a name costs a look-up per connection.
    settings = EdgeSettings(port=0, public_url="", edge_workers=workers)
    product = Product(settings, tell, with_client=False)
    try:
        await product.start()
        yield Deployment(
            product.address.replace("localhost", "127.0.0.1"),
            lambda: {name: [pid] for name, pid in product.pids().items()},
            lambda topic: _topic_bytes(directory, topic),
        )
    finally:
        await product.stop()
        with suppress(OSError):
            shutil.rmtree(directory)


def _topic_bytes(directory: Path, topic: str) -> int:
    """What the records of a topic take on the broker's disk."""
    return sum(path.stat().st_size for path in directory.glob(f"parts/kafka/**/{topic}-[0-9]*/*.log"))
