"""Passwords and keys of the embedded parts: made once, kept with the data, readable by the owner alone."""

import base64
import json
import os
import secrets
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credentials:
    """What guards the parts against other users of this machine."""

    kafka_cluster: str
    postgres_password: str
    valkey_password: str
    s3_access_key: str
    s3_secret_key: str


def read_or_create(path: Path) -> Credentials:
    """The credentials of this data directory."""
    if path.exists():
        return Credentials(**json.loads(path.read_text()))
    made = Credentials(
        kafka_cluster=kafka_uuid(uuid.uuid4().bytes),
        postgres_password=secrets.token_urlsafe(24),
        valkey_password=secrets.token_urlsafe(24),
        s3_access_key="doska" + secrets.token_hex(8),
        s3_secret_key=secrets.token_urlsafe(30),
    )
    write_private(path, json.dumps(asdict(made), indent=1))
    return made


def kafka_uuid(random: bytes) -> str:
    """Sixteen bytes in Kafka's spelling; never with a leading dash, which a command line takes for an option."""
    text = base64.urlsafe_b64encode(random).decode().rstrip("=")
    return "A" + text[1:] if text.startswith("-") else text


def write_private(path: Path, text: str) -> None:
    """Write a whole file that only its owner may read, or leave the old one."""
    new = path.with_suffix(path.suffix + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
