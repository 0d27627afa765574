"""The broker's configuration: one node that is broker and controller, small, and quick to return after kill -9."""

from pathlib import Path

from compose.embedded.kafka_access import LISTENER, Access


def properties(directory: Path, port: int, controller_port: int, access: Access | None = None) -> str:
    """`server.properties`."""
    single = {
        f"{topic}.{setting}": value
        for topic in ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
        for setting, value in (("replication.factor", 1), ("num.partitions", 3))
    }
    listener = "PLAINTEXT" if access is None else LISTENER
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"{listener}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"{listener}://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": f"{listener}:{listener},CONTROLLER:{listener}",
        "inter.broker.listener.name": listener,
        "log.dirs": directory / "log",
        "auto.create.topics.enable": "false",
        **single,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.min.isr": 1,
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


LOG4J = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" shutdownHook="disable">
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1}: %m%n"/></Console></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""
