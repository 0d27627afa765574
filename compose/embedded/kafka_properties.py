"""A node's configuration: broker and controller at once, small, and quick to return after kill -9."""

from collections.abc import Mapping
from pathlib import Path

from compose.embedded.kafka_access import LISTENER, Access
from compose.embedded.kafka_nodes import Node

DETOUR = "DETOUR"


def properties(directory: Path, node: Node, access: Access | None = None) -> str:
    """`server.properties`."""
    own_topics = {
        f"{topic}.{setting}": value
        for topic in ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
        for setting, value in (("replication.factor", node.copies), ("num.partitions", 3))
    }
    listener = "PLAINTEXT" if access is None else LISTENER
    listening = {listener: node.port, "CONTROLLER": node.controllers[node.number]}
    advertised, protocols = {listener: node.port}, {listener: listener, "CONTROLLER": listener}
    if node.detour is not None:
        listening[DETOUR], advertised[DETOUR], protocols[DETOUR] = node.detour.port, node.detour.advertised, listener
    values = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": node.voters,
        "listeners": _addresses(listening),
        "advertised.listeners": _addresses(advertised),
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in protocols.items()),
        "inter.broker.listener.name": listener,
        "log.dirs": directory / "log",
        "auto.create.topics.enable": "false",
        **own_topics,
        # Of the topics that Kafka keeps for itself: where the groups stand, above all.
        "min.insync.replicas": node.in_sync,
        "transaction.state.log.min.isr": node.in_sync,
        "share.coordinator.state.topic.min.isr": node.in_sync,
        "group.initial.rebalance.delay.ms": 0,
        "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        # After kill -9 the broker is refused as a duplicate until its old session ends: 9 s by default.
        "broker.session.timeout.ms": 2000,
        "broker.heartbeat.interval.ms": 400,
        # delete_records moves a start offset that is written to disk only this often (60 s by default).
        "log.flush.start.offset.checkpoint.interval.ms": 1000,
        **(access.properties() if access is not None else {}),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _addresses(listeners: Mapping[str, int]) -> str:
    return ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items())


LOG4J = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" shutdownHook="disable">
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1}: %m%n"/></Console></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""
