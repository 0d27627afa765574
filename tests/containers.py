"""The parts as containers: what `DOSKA_TEST_STACK=docker` takes instead of the embedded ones.

The images are those of compose/docker, so that a session on them is a rehearsal of production.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import yaml
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import ExecWaitStrategy, LogMessageWaitStrategy

COMPOSE = Path(__file__).parent.parent / "compose" / "docker" / "compose.yaml"
BUCKET = "doska"
START_SECONDS = 120


class Containers:
    """Kafka, PostgreSQL, Valkey and SeaweedFS, each in a container that ends with the session."""

    def __init__(self) -> None:
        self._password = secrets.token_hex(12)
        self._kafka_port = _free_port()
        self._images = _images()

    async def start(self) -> None:
        """Start all four at once; when one fails the others are removed again."""
        starts: tuple[Callable[[], object], ...] = (
            self._kafka.start,
            self._postgres.start,
            self._valkey.start,
            self._s3.start,
        )
        try:
            async with asyncio.TaskGroup() as group:
                for start in starts:
                    group.create_task(asyncio.to_thread(start))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Remove the containers, the log last."""
        for each in (self._s3, self._valkey, self._postgres, self._kafka):
            await asyncio.to_thread(each.stop)

    def environment(self) -> dict[str, str]:
        """The settings by which the product reaches them."""
        return {
            "DOSKA_KAFKA_BOOTSTRAP": f"{DockerClient().host()}:{self._kafka_port}",
            "DOSKA_POSTGRES_DSN": f"postgresql://doska:{self._password}@{_address(self._postgres, 5432)}/doska",
            "DOSKA_REDIS_URL": f"redis://{_address(self._valkey, 6379)}/0",
            "DOSKA_S3_ENDPOINT": f"http://{_address(self._s3, 8333)}",
            "DOSKA_S3_ACCESS_KEY": "doska",
            "DOSKA_S3_SECRET_KEY": self._password,
            "DOSKA_S3_BUCKET": BUCKET,
        }

    @cached_property
    def _kafka(self) -> DockerContainer:
        # A broker tells its clients where to come back to, so its port on the host must be known before it starts.
        settings = {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{DockerClient().host()}:{self._kafka_port}",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        }
        container = DockerContainer(self._images["kafka"]).with_bind_ports(9092, self._kafka_port)
        for name, value in settings.items():
            container.with_env(name, value)
        return container.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(START_SECONDS))

    @cached_property
    def _postgres(self) -> DockerContainer:
        # While it makes its database it listens on a socket alone, so asking over TCP waits for the real start.
        ready = ExecWaitStrategy(["pg_isready", "-h", "127.0.0.1", "-U", "doska"]).with_startup_timeout(START_SECONDS)
        return (
            DockerContainer(self._images["postgres"])
            .with_exposed_ports(5432)
            .with_env("POSTGRES_USER", "doska")
            .with_env("POSTGRES_DB", "doska")
            .with_env("POSTGRES_PASSWORD", self._password)
            .waiting_for(ready)
        )

    @cached_property
    def _valkey(self) -> DockerContainer:
        return (
            DockerContainer(self._images["valkey"])
            .with_exposed_ports(6379)
            .with_command("valkey-server --appendonly yes --maxmemory-policy noeviction")
            .waiting_for(ExecWaitStrategy(["valkey-cli", "ping"]).with_startup_timeout(START_SECONDS))
        )

    @cached_property
    def _s3(self) -> DockerContainer:
        # Without keys the gateway answers 403; that it answers is what is asked.
        asked = "wget -q -S -O /dev/null http://127.0.0.1:8333/ 2>&1 | grep -q 'HTTP/1.1 [24]'"
        words = ("mini", "-dir=/data", "-ip=127.0.0.1", "-ip.bind=0.0.0.0", f"-bucket={BUCKET}", "-s3.port=8333")
        quiet = ("-s3.port.iceberg=0", "-webdav=false", "-admin.ui=false", "-master.telemetry=false")
        return (
            DockerContainer(self._images["seaweedfs"])
            .with_exposed_ports(8333)
            .with_env("AWS_ACCESS_KEY_ID", "doska")
            .with_env("AWS_SECRET_ACCESS_KEY", self._password)
            .with_command(["-logtostderr=true", *words, *quiet])
            .waiting_for(ExecWaitStrategy(["sh", "-c", asked]).with_startup_timeout(START_SECONDS))
        )


def _images() -> dict[str, str]:
    """The image of each part, as production takes it; a tag may be given by a variable with a default there."""
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    found = {str(each["image"]) for each in services.values() if "image" in each}
    return {
        part: next(image for image in found if image.split(":")[0].endswith(part))
        for part in ("kafka", "postgres", "valkey", "seaweedfs")
    }


def _address(container: DockerContainer, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
