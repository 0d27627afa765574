"""SeaweedFS as the S3 store."""

import asyncio
import json

from compose.embedded import http_probe
from compose.embedded.credentials import write_private
from compose.embedded.part import Launch, Place
from compose.embedded.progress import Progress
from compose.embedded.wheels import weed

BUCKET = "doska"
ADMIN_DISTANCE = 10_000
# An object of our own that stays, so that a later start can prove that old objects can be read again.
PROBE = {"Bucket": "doska-ready", "Key": "ready"}


class SeaweedFS:
    """`weed mini`: master, volume, filer and S3 gateway in one process.

    Not `weed server -s3`: that one needs 25 s to stop and 22 s to start again.
    """

    name = "seaweedfs"
    variable = "DOSKA_S3_ENDPOINT"
    port_names = (
        *(f"seaweedfs_{server}{kind}" for server in ("master", "volume", "filer", "s3") for kind in ("", "_grpc")),
        "seaweedfs_admin",
    )
    start_seconds = 60.0
    # One stop in ten hangs; what was written is kept over a kill.
    stop_seconds = 5.0

    async def prepare(self, place: Place, _progress: Progress) -> None:
        """Write who may do what."""
        place.directory.mkdir(mode=0o700, exist_ok=True)
        keys = {"accessKey": place.credentials.s3_access_key, "secretKey": place.credentials.s3_secret_key}
        everything = ["Admin", "Read", "List", "Tagging", "Write"]
        identities = [{"name": "doska", "credentials": [keys], "actions": everything}]
        write_private(place.directory / "s3.json", json.dumps({"identities": identities}))

    def launch(self, place: Place) -> Launch:
        """One process, every port named: the defaults are fixed numbers that two instances would share."""
        flags = {
            "dir": place.directory.absolute(),
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "bucket": f"{BUCKET},{PROBE['Bucket']}",
            "s3.config": place.directory.absolute() / "s3.json",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "webdav": "false",
            "admin.ui": "false",
            # On by default: it sends statistics to its makers.
            "master.telemetry": "false",
        }
        for server in ("master", "volume", "filer", "s3"):
            flags[f"{server}.port"] = place.ports[f"seaweedfs_{server}"]
            flags[f"{server}.port.grpc"] = place.ports[f"seaweedfs_{server}_grpc"]
        # Its maintenance worker looks for the admin server at this distance, whatever it is told.
        flags["admin.port"] = place.ports["seaweedfs_admin"]
        flags["admin.port.grpc"] = place.ports["seaweedfs_admin"] + ADMIN_DISTANCE
        options = (f"-{name}={value}" for name, value in flags.items())
        return Launch(
            command=(str(weed()), "-logtostderr=true", "mini", *options),
            directory=place.directory,
            # It would look for its configuration in the home directory.
            environment={"HOME": str(place.directory.absolute())},
        )

    async def is_ready(self, place: Place) -> bool:
        """Whether the buckets, which `-bucket` makes, can be read and written."""
        return await asyncio.to_thread(_serves, place)

    def environment(self, place: Place) -> dict[str, str]:
        """Address, keys, bucket."""
        return {
            "DOSKA_S3_ENDPOINT": _endpoint(place),
            "DOSKA_S3_ACCESS_KEY": place.credentials.s3_access_key,
            "DOSKA_S3_SECRET_KEY": place.credentials.s3_secret_key,
            "DOSKA_S3_BUCKET": BUCKET,
        }


def _endpoint(place: Place) -> str:
    return f"http://127.0.0.1:{place.ports['seaweedfs_s3']}"


def _serves(place: Place) -> bool:
    """Whether old objects can be read: the gateway answers before its volumes are known.

    Not whether new ones can be written: in one start of ten the first write waits 15 s for SeaweedFS's own warm-up.
    """
    # Half a second of imports, and needed only while somebody starts a stack.
    import boto3  # noqa: PLC0415 - slow to load, and only this probe needs it
    from botocore.config import Config  # noqa: PLC0415 - the same
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - the same

    # Without keys the answer is "access denied"; a cheap question first, while nobody listens.
    if http_probe.status(_endpoint(place)) != 403:
        return False
    client = boto3.client(
        "s3",
        endpoint_url=_endpoint(place),
        aws_access_key_id=place.credentials.s3_access_key,
        aws_secret_access_key=place.credentials.s3_secret_key,
        region_name="us-east-1",
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            connect_timeout=1,
            read_timeout=5,
            proxies={},
        ),
    )
    try:
        # The list first: an object that is not there yet is the first start, one that cannot be read is not ready.
        if client.list_objects_v2(Bucket=PROBE["Bucket"]).get("KeyCount"):
            client.get_object(**PROBE)["Body"].read()
        else:
            client.put_object(**PROBE, Body=b"ready")
        client.head_bucket(Bucket=BUCKET)
    except (BotoCoreError, ClientError):
        return False
    finally:
        client.close()
    return True
