"""The whole product on one machine: parts, keys, topics, tables, web client, consumers, edge, in that order."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from compose import webclient
from compose.embedded import credentials, kafka_nodes, ports
from compose.embedded.command import rotate
from compose.embedded.errors import StackError, first
from compose.embedded.part import Place
from compose.embedded.progress import Progress, Step
from compose.embedded.running import Running
from compose.embedded.stack import Stack, default_cache
from compose.services import START_SECONDS, Service, operations_port
from consumers import discovery
from edge.settings import EdgeSettings
from schemas.keyring import Keyring
from topics import migrations
from topics.bus import admin
from topics.bus.manifest import Manifest
from topics.runtime.logs import configure_logs
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

BACKUP_PATHS = ("DOSKA_BACKUP_DIR", "DOSKA_BACKUP_KEY_FILE")
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - what is compared with, not listened on


class Product:
    """Everything of one data directory. `start`, then `keep`, then `stop`, whatever happened.

    Without `with_client` the web client is not built: nobody will look. A process of ours that does not serve after
    `start_seconds` ends the start.
    """

    def __init__(
        self,
        settings: EdgeSettings,
        tell: Progress,
        *,
        with_client: bool = True,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._settings = settings
        self._with_client = with_client
        self._start_seconds = start_seconds
        self._tell = tell
        self._stack = Stack(settings.data_dir, ports="fixed", kafka_nodes=kafka_nodes.asked_for(os.environ))
        self._services: list[Running] = []
        self._log: TextIO | None = None
        self.address = ""

    async def start(self) -> None:
        """Start everything; return when a browser is served at `address`.

        Raises:
            AlreadyRunning: another process has this data directory; its `note` says where it serves.
            StackError: anything else, in one sentence. Call `stop` then, too.
        """
        self._stack.claim()
        self._stack.lock.note(f"it is just starting, as process {os.getpid()}")
        self._log = _log_to(self._stack.data_dir / "logs" / "up.log", self._settings.log_level)
        # Consumers first to be stopped last: those who take work in end before those who do it.
        services = [*self._backups(), *self._consumers(), edge := self._edge()]
        # What a killed earlier start left running would hold the port and the places in the consumer groups.
        await asyncio.gather(*(service.clear_survivor() for service in services))
        ports.claim("edge", edge.place.ports, "stop it, or set DOSKA_PORT to another port.")
        try:
            async with asyncio.TaskGroup() as group:
                if self._with_client:
                    group.create_task(webclient.ensure_built(self._tell, logs=self._stack.data_dir / "logs"))
                group.create_task(self._start_parts())
            self._services = services
            async with asyncio.TaskGroup() as group:
                for service in self._services:
                    group.create_task(service.start(self._tell))
        except BaseExceptionGroup as failures:
            raise first(failures) from None
        self.address = self._settings.public_url or f"http://localhost:{edge.place.ports['edge']}"
        self._stack.lock.note(f"{self.address} (process {os.getpid()})")

    def pids(self) -> dict[str, int]:
        """The processes that run now, by the name of the part or service."""
        parts = [self._stack.part(name) for name in self._stack.names()]
        return {each.part.name: each.pid for each in (*parts, *self._services) if each.pid is not None}

    async def keep(self) -> None:
        """Start again whatever ends by itself, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stack.watch(self._tell))
            for service in self._services:
                group.create_task(service.keep(self._tell))

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Inside, whatever ends by itself is started again."""
        keeping = asyncio.create_task(self.keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def stop(self) -> None:
        """Stop everything in order: the edge, the consumers, the parts."""
        for service in reversed(self._services):
            await service.stop(self._tell)
        await self._stack.stop(self._tell)
        if self._log is not None:
            _log_no_more_to(self._log)
            self._log = None

    async def _start_parts(self) -> None:
        await self._stack.start(self._tell)
        os.environ.update(self._stack.environment())
        settings, loop = Settings(), asyncio.get_running_loop()
        begun, name = loop.time(), "topics and tables"
        self._tell(Step(name, "starting"))
        manifests = discovery.manifests()
        changes, _ = await asyncio.gather(
            admin.apply_topics(settings, manifests.values()),
            migrations.migrate(settings, manifests, discovery.FOLDER),
        )
        async with ObjectStore(settings) as objects:
            await objects.allow_origins(self._settings.page_origins)
        problems = [f"{change.topic}: {change.detail}" for change in changes if change.kind == "problem"]
        if problems:
            raise StackError(f"The topics need a person's decision ({'; '.join(problems)}): see `doska topics plan`.")
        self._tell(Step(name, "ready", loop.time() - begun))

    def _edge(self) -> Running:
        """The edge with its ports, not started yet."""
        settings = self._settings
        public = settings.port or ports.free(["edge"])["edge"]
        first = settings.operations_port or self._remembered("edge")
        workers = {operations_port(name): self._remembered(name) for name in _workers(settings.edge_workers)}
        host = "127.0.0.1" if settings.host in EVERYWHERE else settings.host
        ready = [f"http://{host}:{public}/readyz"]
        ready += [f"http://127.0.0.1:{port}/readyz" for port in workers.values()]
        variables = self._variables() | {
            "DOSKA_PORT": str(public),
            "DOSKA_EDGE_WORKERS": str(settings.edge_workers),
            "DOSKA_WORKER_OPERATIONS_PORTS": ",".join(map(str, workers.values())),
        }
        service = Service("edge", ("edge",), variables, ready, self._start_seconds)
        return self._running(service, {"edge": public, operations_port("edge"): first, **workers})

    def _backups(self) -> list[Running]:
        """What keeps backups, where somebody said where they lie."""
        # A process of ours runs elsewhere than we do.
        paths = {name: str(Path(os.environ[name]).absolute()) for name in BACKUP_PATHS if os.environ.get(name)}
        return [self._process("backups", ("backups",), paths)] if "DOSKA_BACKUP_DIR" in paths else []

    def _consumers(self) -> list[Running]:
        """The processes of consumers, none started yet."""
        words = processes(discovery.manifests())
        return [self._process(name, command) for name, command in words.items()]

    def _process(self, name: str, words: tuple[str, ...], more: Mapping[str, str] | None = None) -> Running:
        port = self._remembered(name)
        ready = [f"http://127.0.0.1:{port}/readyz"]
        service = Service(name, words, {**self._variables(), **(more or {})}, ready, self._start_seconds)
        return self._running(service, {operations_port(name): port})

    def _remembered(self, name: str) -> int:
        port = operations_port(name)
        return ports.fixed([port], self._stack.data_dir / "ports.json")[port]

    def _variables(self) -> dict[str, str]:
        """What a process of ours is told."""
        keyring = self._settings.keyring_file.absolute()
        if not keyring.exists():
            Keyring.create(keyring)
        return {"DOSKA_DATA_DIR": str(self._stack.data_dir.absolute()), "DOSKA_KEYRING_FILE": str(keyring)}

    def _running(self, service: Service, numbers: Mapping[str, int]) -> Running:
        data_dir = self._stack.data_dir
        place = Place(
            directory=data_dir / "parts" / service.name,
            cache=default_cache(data_dir),
            logs=data_dir / "logs",
            ports=numbers,
            credentials=credentials.read_or_create(data_dir / "credentials.json"),
        )
        return Running(service, place, f"stop it, or delete {data_dir / 'ports.json'} to have new ports chosen.")


def processes(manifests: Mapping[str, Manifest]) -> dict[str, tuple[str, ...]]:
    """What `doska run` is told for each process: those that ask for one of their own, all in the background, all others."""
    words: dict[str, tuple[str, ...]] = {}
    together: dict[str, list[str]] = {"background": [], "consumers": []}
    for name, manifest in manifests.items():
        if manifest.own_process:
            words[name] = ("consumer", name)
        else:
            together["background" if manifest.background else "consumers"].append(name)
    return words | {process: ("consumers", *names) for process, names in together.items() if names}


def _workers(count: int) -> list[str]:
    """Names of the edge's processes after the first."""
    return [f"edge_{number}" for number in range(2, count + 1)]


def _log_to(path: Path, level: str) -> TextIO:
    """What libraries log goes to a file as that of the other processes does: the terminal is for people."""
    rotate(path)
    configure_logs(level, "up")
    file = path.open("a")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(file)
    return file


def _log_no_more_to(file: TextIO) -> None:
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is file:
            handler.setStream(sys.stderr)
    file.close()
