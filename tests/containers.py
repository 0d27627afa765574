"""The parts as containers: what `DOSKA_TEST_STACK=docker` takes instead of the embedded ones."""

import asyncio
import contextlib
import json
import tempfile
from pathlib import Path

import boto3
import botocore.exceptions
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs
from testcontainers.kafka import KafkaContainer
from testcontainers.postgres import PostgresContainer

KAFKA = "confluentinc/cp-kafka:8.1.0"
POSTGRES = "postgres:18-alpine"
VALKEY = "valkey/valkey:9-alpine"
S3 = "chrislusf/seaweedfs:4.48"
READY_SECONDS = 90
ACCESS_KEY, SECRET_KEY, BUCKET = "doska", "doska-secret", "doska"


class Containers:
    """Kafka, PostgreSQL, Valkey and SeaweedFS, each in a container that ends with the session."""

    def __init__(self) -> None:
        self._secrets = tempfile.TemporaryDirectory(prefix="doska-s3-")
        config = Path(self._secrets.name) / "s3.json"
        identity = {
            "name": "doska",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin"],
        }
        config.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        # Topics are made by `doska topics apply` alone, and a group's first rebalance need not wait for others.
        self._kafka = (
            KafkaContainer(KAFKA)
            .with_kraft()
            .with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
            .with_env("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
        )
        self._postgres = PostgresContainer(POSTGRES, username="doska", password="doska", dbname="doska", driver=None)
        self._valkey = DockerContainer(VALKEY).with_exposed_ports(6379)
        self._valkey.with_command("valkey-server --appendonly yes --maxmemory-policy noeviction")
        self._s3 = (
            DockerContainer(S3)
            .with_exposed_ports(8333)
            .with_volume_mapping(str(config), "/etc/s3.json", "ro")
            .with_command("server -s3 -s3.config=/etc/s3.json -master.telemetry=false -volume.max=20")
        )

    async def start(self) -> None:
        """Start all four at once; when one fails the others are removed again."""
        try:
            async with asyncio.TaskGroup() as group:
                for start in (self._kafka.start, self._postgres.start, self._start_valkey, self._start_s3):
                    group.create_task(asyncio.to_thread(start))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Remove the containers, the log last."""
        for each in (self._s3, self._valkey, self._postgres, self._kafka):
            await asyncio.to_thread(each.stop)
        self._secrets.cleanup()

    def environment(self) -> dict[str, str]:
        """The settings by which the product reaches them."""
        return {
            "DOSKA_KAFKA_BOOTSTRAP": self._kafka.get_bootstrap_server(),
            "DOSKA_POSTGRES_DSN": self._postgres.get_connection_url(driver=None),
            "DOSKA_REDIS_URL": f"redis://{_address(self._valkey, 6379)}/0",
            "DOSKA_S3_ENDPOINT": f"http://{_address(self._s3, 8333)}",
            "DOSKA_S3_ACCESS_KEY": ACCESS_KEY,
            "DOSKA_S3_SECRET_KEY": SECRET_KEY,
            "DOSKA_S3_BUCKET": BUCKET,
        }

    def _start_valkey(self) -> None:
        self._valkey.start()
        wait_for_logs(self._valkey, "Ready to accept connections", timeout=READY_SECONDS)

    def _start_s3(self) -> None:
        self._s3.start()
        wait_for_logs(self._s3, "Start Seaweed S3 API Server", timeout=READY_SECONDS)
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{_address(self._s3, 8333)}",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        )
        with contextlib.suppress(botocore.exceptions.ClientError):  # it is there already
            client.create_bucket(Bucket=BUCKET)


def _address(container: DockerContainer, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
