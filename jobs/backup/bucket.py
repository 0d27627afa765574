"""A bucket of S3 as backups see it: every object with all that it says of itself, by streams."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from jobs.backup.base_copy import PIECE, Sum
from topics.errors import Unavailable
from topics.runtime.connections import s3_client
from topics.runtime.settings import Settings

T = TypeVar("T")

# As S3 names them in an answer and takes them in a request.
HEADERS: Final = ("ContentType", "ContentEncoding", "ContentDisposition", "ContentLanguage", "CacheControl")


@dataclass(frozen=True, slots=True)
class Listed:
    """An object in a listing."""

    key: str
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object that was read: what its bytes are, and what it says of itself."""

    sum: Sum
    etag: str
    headers: Mapping[str, str]
    metadata: Mapping[str, str]


class Bucket:
    """Blocks: call it in threads. Every method raises Unavailable when S3 does not do what is asked."""

    def __init__(self, settings: Settings) -> None:
        self.where = f"{settings.s3_endpoint}/{settings.s3_bucket}"
        self._name = settings.s3_bucket
        self._client = s3_client(settings)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def list(self) -> list[Listed]:
        """All objects, by key."""
        return self._guarded(lambda: list(self._pages()))

    def fetch(self, key: str, target: Path) -> Fetched | None:
        """Write an object's bytes to a file; None when it is not there any more."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to load, and only S3 needs it

        try:
            return self._guarded(lambda: self._fetched(key, target))
        except Unavailable as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                return None
            raise

    def put(self, key: str, body: bytes, headers: Mapping[str, str], metadata: Mapping[str, str]) -> None:
        """Write an object as it was."""
        self._guarded(
            lambda: self._client.put_object(
                Bucket=self._name, Key=key, Body=body, Metadata=dict(metadata), **dict(headers)
            )
        )

    def _pages(self) -> Iterator[Listed]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name):
            for each in page.get("Contents", ()):
                yield Listed(each["Key"], each["ETag"].strip('"'), each["Size"])

    def _fetched(self, key: str, target: Path) -> Fetched:
        answer = self._client.get_object(Bucket=self._name, Key=key)
        found, size = hashlib.sha256(), 0
        with answer["Body"] as body, target.open("wb") as file:
            target.chmod(0o600)
            while piece := body.read(PIECE):
                found.update(piece)
                size += len(piece)
                file.write(piece)
        if size != answer["ContentLength"]:
            raise OSError(f"{key} ended after {size} of {answer['ContentLength']} bytes")
        headers = {name: answer[name] for name in HEADERS if answer.get(name)}
        return Fetched(Sum(size, found.hexdigest()), answer["ETag"].strip('"'), headers, answer.get("Metadata", {}))

    def _guarded(self, call: Callable[[], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to load
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - the same

        try:
            return call()
        except (BotoCoreError, ClientError, HTTPError, OSError) as error:
            raise Unavailable(f"S3 at {self.where}: {error}") from error
