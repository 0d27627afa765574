"""Objects of a real bucket, copied, removed by somebody, and lost with their bucket."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.backup import journal
from jobs.backup.object_copies import MARKER, BucketLost, bring_back, copy_new
from jobs.backup.vault import Vault, make_vault
from topics.runtime.connections import s3_client
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


class Shelf:
    """A bucket of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings.model_copy(update={"s3_bucket": f"backup-{secrets.token_hex(6)}"})
        self.client: Any = s3_client(self.settings)
        self.name = self.settings.s3_bucket
        self.client.create_bucket(Bucket=self.name)

    def put(self, *keys: str) -> None:
        for key in keys:
            self.client.put_object(Bucket=self.name, Key=key, Body=key.encode())

    def remove(self, *keys: str) -> None:
        for key in keys:
            self.client.delete_object(Bucket=self.name, Key=key)

    @property
    def keys(self) -> list[str]:
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=self.name).get("Contents", ())]


@pytest.fixture
def shelf(settings: Settings) -> Iterator[Shelf]:
    made = Shelf(settings)
    yield made
    made.remove(*made.keys)
    made.client.delete_bucket(Bucket=made.name)
    made.client.close()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return make_vault(tmp_path / "vault", "7")


def kept(vault: Vault) -> list[str]:
    return sorted(journal.at(journal.read(vault.journal), None))


async def look(shelf: Shelf, vault: Vault) -> None:
    await copy_new(shelf.settings, vault, datetime.now(UTC))


async def test_what_somebody_removed_stays_removed(shelf: Shelf, vault: Vault) -> None:
    shelf.put("files/a", "files/b")
    await look(shelf, vault)
    shelf.remove("files/a")
    await look(shelf, vault)

    done = await bring_back(shelf.settings, vault, None)

    assert (done.put, shelf.keys) == (0, [MARKER, "files/b"])


async def test_a_lost_bucket_is_no_removal_even_when_it_was_looked_at_and_written_to_meanwhile(
    shelf: Shelf, vault: Vault
) -> None:
    shelf.put("files/a", "files/b")
    await look(shelf, vault)
    shelf.remove(*shelf.keys)
    shelf.put("files/new")

    for _ in range(2):
        with pytest.raises(BucketLost, match="restore --only objects"):
            await look(shelf, vault)
    assert kept(vault) == [MARKER, "files/a", "files/b", "files/new"]
    done = await bring_back(shelf.settings, vault, None)

    assert (done.put, shelf.keys) == (3, [MARKER, "files/a", "files/b", "files/new"])
    await look(shelf, vault)
    assert kept(vault) == shelf.keys
