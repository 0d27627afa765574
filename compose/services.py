"""The product's own processes as `doska up` runs them: an edge, most consumers in one process, some in their own."""

import asyncio
import sys
from collections.abc import Collection, Mapping

from compose.embedded import http_probe
from compose.embedded.command import with_our_packages
from compose.embedded.part import Launch, Place
from compose.embedded.progress import Progress

START_SECONDS = 60.0


class Service:
    """`doska run …`, ready when all addresses of `ready` say so. It satisfies `Part`, so it is started and watched as the parts are."""

    # Nobody replaces it.
    variable = ""
    stop_seconds = 20.0

    def __init__(
        self,
        name: str,
        words: tuple[str, ...],
        settings: Mapping[str, str],
        ready: Collection[str],
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.name = name
        # The place has its ports: for the edge the public one too.
        self.port_names = (operations_port(name),)
        self._words = words
        self._settings = settings
        self._ready = ready
        self.start_seconds = start_seconds

    async def prepare(self, place: Place, _progress: Progress) -> None:
        """Make the directory that it runs in."""
        place.directory.mkdir(exist_ok=True, mode=0o700)

    def launch(self, place: Place) -> Launch:
        """Our own command line under the same Python."""
        operations = {"DOSKA_OPERATIONS_PORT": str(place.ports[operations_port(self.name)])}
        return Launch(
            command=(sys.executable, "-m", "jobs", "run", *self._words),
            directory=place.directory,
            environment=with_our_packages() | dict(self._settings) | operations,
        )

    async def is_ready(self, _place: Place) -> bool:
        """Whether each of its readiness addresses answers with 200."""
        asked = (asyncio.to_thread(http_probe.status, address) for address in self._ready)
        return set(await asyncio.gather(*asked)) == {200}

    def environment(self, _place: Place) -> dict[str, str]:
        """Nothing: it is the one that reads settings."""
        return {}


def operations_port(name: str) -> str:
    """What the operations port of a service is called among the remembered ports."""
    return f"{name}_operations"
