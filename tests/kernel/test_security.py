"""A Kafka that asks for a user and a password: three variables, and everything works as before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from compose.embedded import credentials, kafka_probe, ports
from compose.embedded.kafka import Kafka
from compose.embedded.part import Place
from compose.embedded.progress import silent
from compose.embedded.stack import default_cache
from tests.kernel.engines import ENGINES
from tests.kernel.harness import LIMIT_SECONDS, Stage, until
from tests.stack import settings_from
from topics.bus.admin import apply_topics
from topics.bus.publish import Publisher
from topics.bus.tail import Tail
from topics.errors import Unavailable
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"
USERS = 'username="broker" password="b-secret" user_broker="b-secret" user_doska="d-secret"'


@pytest.fixture
async def secured(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    """Settings of a client of a broker with SASL."""
    folder, kafka = tmp_path_factory.mktemp("secured"), Kafka()
    numbers = ports.free(list(kafka.port_names))
    place = Place(
        directory=folder / "kafka",
        cache=default_cache(folder),
        logs=folder,
        ports=numbers,
        credentials=credentials.read_or_create(folder / "credentials.json"),
    )
    await kafka.prepare(place, silent)
    file = place.directory / "server.properties"
    plain = file.read_text()
    file.write_text(
        plain.replace("PLAINTEXT://", "SASL_PLAINTEXT://")
        .replace("map=PLAINTEXT:PLAINTEXT", "map=SASL_PLAINTEXT:SASL_PLAINTEXT")
        .replace("inter.broker.listener.name=PLAINTEXT", "inter.broker.listener.name=SASL_PLAINTEXT")
        + "sasl.enabled.mechanisms=PLAIN\nsasl.mechanism.inter.broker.protocol=PLAIN\n"
        + f"listener.name.sasl_plaintext.plain.sasl.jaas.config={MODULE} required {USERS};\n"
    )
    launch = kafka.launch(place)
    with (folder / "kafka.log").open("wb") as log:
        broker = await asyncio.create_subprocess_exec(
            *launch.command, cwd=launch.directory, env=launch.environment, stdout=log, stderr=log
        )
    try:
        yield settings_from(
            {
                "DOSKA_KAFKA_BOOTSTRAP": f"127.0.0.1:{numbers['kafka']}",
                "DOSKA_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
                "DOSKA_KAFKA_SASL_MECHANISM": "PLAIN",
                "DOSKA_KAFKA_SASL_USERNAME": "doska",
                "DOSKA_KAFKA_SASL_PASSWORD": "d-secret",
            },
            Settings,
        )
    finally:
        broker.terminate()
        await broker.wait()


async def test_every_client_of_ours_gives_the_user_and_the_password(secured: Settings) -> None:
    host, _, port = secured.kafka_bootstrap.rpartition(":")
    await until(lambda: kafka_probe.answers(host, int(port)), "the broker to listen")
    await apply_topics(secured, [])

    async with AsyncExitStack() as running:
        publisher = await running.enter_async_context(Publisher(secured, "tests"))
        stage, tailed = Stage(secured, publisher), list[str]()
        tail, stopping = (
            Tail(secured, ["boards.actions"], lambda message: tailed.append(message.data["title"])),
            asyncio.Event(),
        )
        tailing = asyncio.create_task(tail.run(stopping))
        await tail.wait_fresh(LIMIT_SECONDS)
        consumers = [
            await running.enter_async_context(stage.running(engine, await stage.manifest(engine)))
            for engine in (ENGINES["each"], ENGINES["batch"], ENGINES["window"])
        ]

        await stage.say("one")

        await until(lambda: tailed == ["one"])
        for consumer in consumers:
            await until(lambda consumer=consumer: consumer.handled == ["one"])
        stopping.set()
        await tailing

    with pytest.raises(Unavailable):
        await Publisher(secured.model_copy(update={"kafka_sasl_username": "nobody"}), "tests").start()
