import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import structlog
from faststream import AckPolicy
from faststream.kafka.security import parse_security

import topics.bus
from topics.bus.clients import kafka_options
from topics.bus.context import ConsumerContext
from topics.bus.each import _Each, _security
from topics.bus.manifest import Manifest
from topics.bus.publish import Publisher
from topics.runtime.health import Health
from topics.runtime.settings import Settings

SOURCES = Path(topics.bus.__file__).parents[2]


async def nothing(_message: object) -> None:
    pass


async def test_the_subscriber_acknowledges_by_hand_and_nothing_commits_for_it() -> None:
    settings = Settings()
    manifest = Manifest(name="board_audit", about="x", engine="each", reads=("boards.facts", "boards.actions"))
    publisher = Publisher(settings, "tests")
    log = structlog.get_logger()
    context = ConsumerContext(manifest, settings, publisher, {}, Health(), log, AsyncExitStack())
    engine = _Each(context, nothing)

    subscriber = engine._subscribe(engine._broker())

    assert subscriber.ack_policy is AckPolicy.MANUAL
    assert subscriber._connection_args["enable_auto_commit"] is False
    assert subscriber._connection_args["group_instance_id"] == "board_audit-0"
    assert subscriber.group_id == "board_audit"
    assert subscriber._no_reply is True


def test_no_other_way_of_acknowledging_is_named_anywhere() -> None:
    code = [
        file
        for folder in ("topics", "consumers", "producers", "edge", "jobs")
        for file in (SOURCES / folder).rglob("*.py")
        if "tests" not in file.parts and "node_modules" not in file.parts
    ]

    assert code
    for file in code:
        text = re.sub(r'""".*?"""', "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert set(re.findall(r"AckPolicy\.(\w+)", text)) <= {"MANUAL"}, file
        assert not re.search(r"\.nack\(|enable_auto_commit=True|NackMessage|auto_commit_interval", text), file


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_faststream_is_told_of_security_what_every_other_client_is(protocol: str, mechanism: str) -> None:
    settings = Settings(
        kafka_security_protocol=protocol,
        kafka_sasl_mechanism=mechanism,
        kafka_sasl_username="doska",
        kafka_sasl_password="hunter2",
    )

    told = {"security_protocol": "PLAINTEXT", **parse_security(_security(settings))}

    wanted = {name: value for name, value in kafka_options(settings).items() if name != "bootstrap_servers"}
    assert {
        name: type(value) if name == "ssl_context" else value for name, value in told.items() if value is not None
    } == {name: type(value) if name == "ssl_context" else value for name, value in wanted.items()}
