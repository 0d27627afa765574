"""One small thing written to and read from each part, by the client that the product uses."""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import boto3
import redis.asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

TOPIC = "kept"
Environment = Mapping[str, str]


async def write(part: str, environment: Environment, word: str) -> None:
    await {"kafka": _to_kafka, "postgres": _to_postgres, "valkey": _to_valkey, "seaweedfs": _to_s3}[part](
        environment, word
    )


async def read(part: str, environment: Environment) -> list[str]:
    return await {"kafka": _of_kafka, "postgres": _of_postgres, "valkey": _of_valkey, "seaweedfs": _of_s3}[part](
        environment
    )


async def _to_kafka(environment: Environment, word: str) -> None:
    address = environment["DOSKA_KAFKA_BOOTSTRAP"]
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    except TopicAlreadyExistsError:
        pass
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all") as producer:
        await producer.send_and_wait(TOPIC, word.encode())


async def _of_kafka(environment: Environment) -> list[str]:
    partition = TopicPartition(TOPIC, 0)
    async with AIOKafkaConsumer(
        bootstrap_servers=environment["DOSKA_KAFKA_BOOTSTRAP"], auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value.decode() for _ in range(end)]


async def _to_postgres(environment: Environment, word: str) -> None:
    connection = await asyncpg.connect(environment["DOSKA_POSTGRES_DSN"])
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (n serial, word text)")
    await connection.execute("INSERT INTO kept (word) VALUES ($1)", word)
    await connection.close()


async def _of_postgres(environment: Environment) -> list[str]:
    connection = await asyncpg.connect(environment["DOSKA_POSTGRES_DSN"])
    rows = await connection.fetch("SELECT word FROM kept ORDER BY n")
    await connection.close()
    return [row["word"] for row in rows]


async def _to_valkey(environment: Environment, word: str) -> None:
    async with redis.asyncio.Redis.from_url(environment["DOSKA_REDIS_URL"]) as client:
        await client.rpush("kept", word)
        # "everysec": this write is safe from a kill once it is on the disk.
        await client.execute_command("WAITAOF", 1, 0, 5000)


async def _of_valkey(environment: Environment) -> list[str]:
    async with redis.asyncio.Redis.from_url(environment["DOSKA_REDIS_URL"]) as client:
        return [word.decode() for word in await client.lrange("kept", 0, -1)]


async def _to_s3(environment: Environment, word: str) -> None:
    bucket = environment["DOSKA_S3_BUCKET"]
    count = len(await _of_s3(environment))
    await asyncio.to_thread(_s3(environment).put_object, Bucket=bucket, Key=f"{count}", Body=word.encode())


async def _of_s3(environment: Environment) -> list[str]:
    def every() -> list[str]:
        client, bucket = _s3(environment), environment["DOSKA_S3_BUCKET"]
        keys = [one["Key"] for one in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return [client.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys]

    return await asyncio.to_thread(every)


def _s3(environment: Environment) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=environment["DOSKA_S3_ENDPOINT"],
        aws_access_key_id=environment["DOSKA_S3_ACCESS_KEY"],
        aws_secret_access_key=environment["DOSKA_S3_SECRET_KEY"],
        region_name="us-east-1",
        config=boto3.session.Config(s3={"addressing_style": "path"}),
    )
