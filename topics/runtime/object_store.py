"""Objects in S3: bytes under keys, conditional writes, presigned addresses.

DoskaError
└── ObjectStoreError
    ├── ObjectStoreAway     not reached, too slow, or it says "later": the same call may succeed later
    ├── ObjectMissing       there is no object of that key
    ├── ObjectExists        a write that was to make the object found one there
    ├── ObjectTooLarge      the object has more bytes than the caller takes
    ├── ObjectTooShort      the object ends before the bytes that were asked for
    └── ObjectStoreRefused  wrong keys, no such bucket, an answer that nobody expects: a person has to look
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, Self, TypeVar

from topics.errors import DoskaError
from topics.runtime.connections import s3_client
from topics.runtime.patience import Outgoing, Patience, received
from topics.runtime.settings import Settings

T = TypeVar("T")

THREADS: Final = 8
PATIENT: Final = Patience()
# What an object may have that is read whole, as far as the time for it goes.
WHOLE_BYTES: Final = 16 * 1024 * 1024
# S3 deletes and lists at most this many at once.
PAGE: Final = 1000
# Of the codes, those that mean "later" though their status is not 5xx; and what S3 calls a missing object.
LATER: Final = {
    "SlowDown",
    "RequestTimeout",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "RequestLimitExceeded",
}
MISSING: Final = {"NoSuchKey", "404", "NotFound"}
# 409: a conditional write met another one of the same key in flight.
EXISTS: Final = {"PreconditionFailed", "412", "ConditionalRequestConflict"}


class ObjectStoreError(DoskaError):
    """Every failure of the object store; `key` is what was asked for."""

    def __init__(self, detail: str, key: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.key = key


class ObjectStoreAway(ObjectStoreError):
    """Not now: the same call may succeed later. A write may have happened all the same."""


class ObjectMissing(ObjectStoreError):
    """There is no object of that key."""


class ObjectExists(ObjectStoreError):
    """There is one already, and the write was to make it.

    After a write whose answer was lost the object may be one's own: who must know gives equal content an equal key.
    """


class ObjectTooLarge(ObjectStoreError):
    """The object has more bytes than the caller takes."""


class ObjectTooShort(ObjectStoreError):
    """The object ends before the bytes that were asked for."""


class ObjectStoreRefused(ObjectStoreError):
    """It will not succeed later either: keys, bucket or request are wrong."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of an object without reading it; `content_type` and `metadata` are empty in a listing."""

    key: str
    size: int
    etag: str
    modified_at: datetime
    content_type: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Presigned:
    """A request that anybody may send until it expires; the headers must go with it exactly. Never log one."""

    method: str
    url: str
    headers: Mapping[str, str]


class ObjectStore:
    """One bucket. Open it with `async with`; boto3 blocks, so every call runs in one of a few threads.

    Args:
        settings: where the store is.
        threads: how many calls may run at once; more wait.
        patience: how long a call may take, the wait for a thread included.
    """

    def __init__(self, settings: Settings, *, threads: int = THREADS, patience: Patience = PATIENT) -> None:
        self._settings = settings
        self._patience = patience
        self._bucket = settings.s3_bucket
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="s3")
        self._client: Any = None
        self._signer: Any = None
        self._making = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for the calls under way and let the connections go; calls that wait for a thread are given up."""
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)
        for client in (self._client, self._signer):
            if client is not None:
                client.close()
        self._client = self._signer = None

    async def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str = "application/octet-stream",
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        cache_control: str | None = None,
        metadata: Mapping[str, str] | None = None,
        only_new: bool = False,
    ) -> None:
        """Write an object. Raises ObjectExists with `only_new` (If-None-Match: *) where one is."""
        more: dict[str, Any] = {"IfNoneMatch": "*"} if only_new else {}
        if content_encoding is not None:
            more["ContentEncoding"] = content_encoding
        if content_disposition is not None:
            more["ContentDisposition"] = content_disposition
        if cache_control is not None:
            more["CacheControl"] = cache_control
        if metadata:
            more["Metadata"] = dict(metadata)

        def write(s3: Any) -> None:
            sent = Outgoing(body, time.monotonic() + self._patience.call_seconds(len(body)))
            s3.put_object(Bucket=self._bucket, Key=key, Body=sent, ContentType=content_type, **more)

        await self._call(key, write, size=len(body))

    async def get(self, key: str, *, start: int = 0, length: int | None = None, at_most: int | None = None) -> bytes:
        """The bytes of an object, or `length` of them from `start`.

        Raises:
            ObjectMissing: there is none.
            ObjectTooLarge: there are more than `at_most`; none of them was read.
            ObjectTooShort: it ends before `start`.
        """
        more = {} if not start and length is None else {"Range": _range(start, length)}

        def read(s3: Any) -> bytes:
            answer = s3.get_object(Bucket=self._bucket, Key=key, **more)
            with answer["Body"] as body:
                size = answer["ContentLength"]
                if at_most is not None and size > at_most:
                    raise ObjectTooLarge(f"{key} has {size} bytes, more than {at_most}", key)
                return received(body, size, time.monotonic() + self._patience.attempt_seconds(size))

        return await self._call(key, read, size=length or at_most or WHOLE_BYTES)

    async def head(self, key: str) -> ObjectInfo:
        """What is known of an object. Raises ObjectMissing."""
        found = await self._call(key, lambda s3: s3.head_object(Bucket=self._bucket, Key=key))
        return ObjectInfo(
            key,
            found["ContentLength"],
            found["ETag"].strip('"'),
            found["LastModified"],
            found.get("ContentType", ""),
            found.get("Metadata", {}),
        )

    async def copy(self, source: str, target: str) -> None:
        """Copy an object inside the bucket. Raises ObjectMissing."""
        place = {"Bucket": self._bucket, "Key": source}
        await self._call(source, lambda s3: s3.copy_object(Bucket=self._bucket, Key=target, CopySource=place))

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are not there count as deleted."""
        for at in range(0, len(keys), PAGE):
            page = keys[at : at + PAGE]
            answer = await self._call(page[0], partial(_delete, bucket=self._bucket, keys=page))
            for error in answer.get("Errors", ()):
                if error.get("Code") not in MISSING:
                    raise ObjectStoreRefused(f"{error.get('Key')} cannot be deleted: {error.get('Code')}", page[0])

    async def list(self, prefix: str, *, after: str = "") -> AsyncIterator[ObjectInfo]:
        """The objects whose keys begin so, by key, those up to `after` left out."""
        while True:
            page = await self._call(prefix, partial(_page, bucket=self._bucket, prefix=prefix, after=after))
            for each in page.get("Contents", ()):
                yield ObjectInfo(each["Key"], each["Size"], each["ETag"].strip('"'), each["LastModified"])
                after = each["Key"]
            if not page.get("IsTruncated"):
                return

    async def presign_put(
        self,
        key: str,
        *,
        seconds: int,
        content_type: str | None = None,
        size: int | None = None,
        sha256: str | None = None,
        only_new: bool = False,
    ) -> Presigned:
        """A request that uploads one object; what is given here it must send exactly, or the store refuses it.

        Args:
            key: where to.
            seconds: how long it is good for.
            content_type: of the object.
            size: in bytes.
            sha256: of the content, in base64.
            only_new: refuse it where an object is.
        """
        signed: dict[str, tuple[str, Any]] = {}
        if content_type is not None:
            signed["ContentType"] = ("content-type", content_type)
        if size is not None:
            signed["ContentLength"] = ("content-length", size)
        if sha256 is not None:
            signed["ChecksumSHA256"] = ("x-amz-checksum-sha256", sha256)
        if only_new:
            signed["IfNoneMatch"] = ("if-none-match", "*")
        params = {name: value for name, (_, value) in signed.items()}
        url = await self._presigned("put_object", {"Bucket": self._bucket, "Key": key, **params}, seconds)
        return Presigned("PUT", url, {header: str(value) for header, value in signed.values()})

    async def presign_get(
        self,
        key: str,
        *,
        seconds: int,
        content_type: str | None = None,
        content_disposition: str | None = None,
        cache_control: str | None = None,
    ) -> Presigned:
        """A request that reads one object; what is given is what the store answers with."""
        params = {"Bucket": self._bucket, "Key": key}
        answered = {
            "ResponseContentType": content_type,
            "ResponseContentDisposition": content_disposition,
            "ResponseCacheControl": cache_control,
        }
        params |= {name: value for name, value in answered.items() if value is not None}
        return Presigned("GET", await self._presigned("get_object", params, seconds), {})

    async def allow_origins(self, origins: Sequence[str]) -> None:
        """Let pages of these origins (`*`: of any) send presigned requests: the rule of the whole bucket."""
        rule = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": ["GET", "HEAD", "PUT"],
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 3600,
        }
        await self._call(
            "", lambda s3: s3.put_bucket_cors(Bucket=self._bucket, CORSConfiguration={"CORSRules": [rule]})
        )

    async def _presigned(self, operation: str, params: Mapping[str, Any], seconds: int) -> str:
        if self._signer is None:
            async with self._making:
                if self._signer is None:
                    public = self._settings.s3_public_endpoint
                    # Not one of our threads: signing asks nobody, and those may all be waiting for the store.
                    self._signer = await asyncio.to_thread(lambda: s3_client(self._settings, endpoint=public))
        url: str = self._signer.generate_presigned_url(operation, Params=dict(params), ExpiresIn=seconds)
        return url

    async def _call(self, key: str, call: Callable[[Any], T], *, size: int = 0) -> T:
        """Run a call that moves so many bytes in a thread, and give its failures their names."""
        # Loading it takes half a second, and most processes never speak to S3.
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to load
        from botocore.parsers import ResponseParserError  # noqa: PLC0415 - the same
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - the same

        try:
            async with asyncio.timeout(self._patience.call_seconds(size)):
                if self._client is None:
                    async with self._making:
                        if self._client is None:
                            self._client = await asyncio.to_thread(
                                lambda: s3_client(self._settings, patience=self._patience)
                            )
                return await self._in_thread(lambda: call(self._client))
        except ClientError as error:
            raise _named(error.response, key) from error
        # A body that is cut off raises what the client underneath raises.
        except (BotoCoreError, HTTPError, ResponseParserError, OSError) as error:
            raise ObjectStoreAway(f"S3 at {self._settings.s3_endpoint} does not answer: {error!r}", key) from error

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)


def _page(s3: Any, *, bucket: str, prefix: str, after: str) -> Any:
    return s3.list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=after, MaxKeys=PAGE)


def _delete(s3: Any, *, bucket: str, keys: Sequence[str]) -> Any:
    return s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})


def _range(start: int, length: int | None) -> str:
    return f"bytes={start}-" if length is None else f"bytes={start}-{start + length - 1}"


def _named(answer: Mapping[str, Any], key: str) -> ObjectStoreError:
    error, status = answer.get("Error", {}), answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(error.get("Code", ""))
    said = f"{key}: S3 says {code or status} {error.get('Message', '')}".rstrip()
    if code in MISSING:
        return ObjectMissing(f"{key} is not there", key)
    if code == "InvalidRange" or status == 416:
        return ObjectTooShort(f"{key} ends too early", key)
    if code in EXISTS or status == 412:
        return ObjectExists(f"{key} is there already", key)
    if code in LATER or status >= 500 or status == 429:
        return ObjectStoreAway(said, key)
    return ObjectStoreRefused(said, key)
