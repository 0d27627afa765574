"""closed.yaml: what it says, and one broker with its settings, started from the embedded jars instead of the image."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from compose.embedded import credentials, kafka_jars, ports
from compose.embedded.kafka import Kafka
from compose.embedded.part import Place
from compose.embedded.progress import silent
from compose.embedded.stack import default_cache
from consumers.discovery import manifests
from tests.stack import settings_from
from topics.bus.acl_requests import apply_acl, plan_acl
from topics.bus.admin import apply_topics
from topics.bus.publish import Publisher
from topics.errors import Unavailable
from topics.runtime.settings import Settings

FOLDER = Path(__file__).parents[1]
NOT_PROPERTIES = {"KAFKA_OPTS", "KAFKA_HEAP_OPTS"}


def services(file: str) -> dict[str, Any]:
    """The services with a value for each variable, and `$$` as the container sees it."""
    text = re.sub(r"(?<!\$)\$\{([A-Z0-9_]+)[^}]*\}", lambda found: f"{found[1]}-value", (FOLDER / file).read_text())
    loaded: dict[str, Any] = yaml.safe_load(text.replace("$$", "$"))["services"]
    return loaded


OPEN, CLOSED = services("compose.yaml"), services("closed.yaml")


def test_every_broker_and_every_process_on_the_log_is_closed() -> None:
    assert [name for name in OPEN if name.startswith("kafka-")] == [
        name for name in CLOSED if name.startswith("kafka-")
    ]
    for name in ("topics", "rights", "consumers", "edge"):
        assert CLOSED[name]["environment"]["DOSKA_KAFKA_SECURITY_PROTOCOL"] == "SASL_PLAINTEXT"
    assert {
        name: each["environment"]["DOSKA_KAFKA_SASL_USERNAME"]
        for name, each in CLOSED.items()
        if name in OPEN and not name.startswith("kafka-")
    } == {
        "topics": "admin",
        "consumers": "doska-consumers",
        "edge": "doska-edge",
    }
    assert CLOSED["users"]["image"] == f"apache/kafka:{kafka_jars.KAFKA}"
    used = {key for each in CLOSED.values() for key in each["environment"] if key.startswith("DOSKA_")}
    assert used <= {f"DOSKA_{name.upper()}" for name in Settings.model_fields}


def property_of(variable: str) -> str:
    """How the image turns a variable into a line of server.properties."""
    return variable.removeprefix("KAFKA_").lower().replace("_", ".").replace("...", "-").replace("..", "_")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Place]:
    """The first broker, alone: its addresses and the number of copies are what a single one can have."""
    kafka = Kafka()
    place = Place(
        directory=tmp_path / "kafka",
        cache=default_cache(tmp_path),
        logs=tmp_path,
        ports=ports.free(list(kafka.port_names)),
        credentials=credentials.read_or_create(tmp_path / "credentials.json"),
    )
    await kafka.prepare(place, silent)
    said = OPEN["kafka-1"]["environment"] | CLOSED["kafka-1"]["environment"]
    values = {
        property_of(key): str(value)
        for key, value in said.items()
        if key.startswith("KAFKA_") and key not in NOT_PROPERTIES
    }
    port, controller = (f"127.0.0.1:{place.ports[name]}" for name in kafka.port_names)
    values |= {
        "controller.quorum.voters": f"1@{controller}",
        "listeners": values["listeners"].replace(":9092", port).replace(":9093", controller),
        "advertised.listeners": values["advertised.listeners"].replace("kafka-1:9092", port),
        "log.dirs": str(place.directory / "log"),
    }
    values |= dict.fromkeys((name for name in values if re.search(r"replication.factor|min.isr|insync", name)), "1")
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    (place.directory / "server.properties").write_text(lines)
    java, *words = kafka.launch(place).command
    with (tmp_path / "kafka.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            java, *said["KAFKA_OPTS"].split(), *words, cwd=place.directory, env={}, stdout=log, stderr=log
        )
    try:
        yield place
    finally:
        process.terminate()
        await process.wait()


async def make_users(place: Place) -> int:
    """Run the script of the service `users`, with the class behind Kafka's tool instead of the image's tool."""
    shell, flags, script = CLOSED["users"]["entrypoint"]
    java = Kafka().launch(place).command[0]
    classes = ":".join(map(str, kafka_jars.class_path(place.cache / f"kafka-{kafka_jars.KAFKA}")))
    for old, new in (
        ("/opt/kafka/bin/kafka-configs.sh", f"'{java}' -cp '{classes}' kafka.admin.ConfigCommand"),
        ("kafka-1:9092", f"127.0.0.1:{place.ports['kafka']}"),
        ("/tmp/admin.properties", f"'{place.logs}/admin.properties'"),
    ):
        assert old in script
        script = script.replace(old, new)
    environment = {"PATH": os.defpath, **CLOSED["users"]["environment"]}
    process = await asyncio.create_subprocess_exec(shell, flags, script, env=environment)
    return await process.wait()


@pytest.mark.integration
async def test_a_broker_with_these_settings_lets_the_edge_alone_write_ops(broker: Place) -> None:
    def settings(service: str) -> Settings:
        address = {"DOSKA_KAFKA_BOOTSTRAP": f"127.0.0.1:{broker.ports['kafka']}"}
        return settings_from({**CLOSED[service]["environment"], **address}, Settings)

    all_of_them = list(manifests().values())
    await apply_topics(settings("topics"), all_of_them)  # waits for the broker
    healthy = [
        word.replace("9092", str(broker.ports["kafka"])) for word in CLOSED["kafka-1"]["healthcheck"]["test"][1:]
    ]
    assert await (await asyncio.create_subprocess_exec(*healthy)).wait() == 0
    assert await make_users(broker) == 0
    await apply_acl(settings("rights"), all_of_them)
    assert await plan_acl(settings("rights"), all_of_them) == []

    async with Publisher(settings("edge"), "tests") as edge:
        await (await edge.send("boards.ops", b"key", b"{}", []))
    async with Publisher(settings("consumers"), "tests") as consumers:
        await (await consumers.send("boards.facts", b"key", b"{}", []))
        with pytest.raises(Unavailable, match=r"does not let doska-consumers write boards\.ops"):
            await (await consumers.send("boards.ops", b"key", b"{}", []))
