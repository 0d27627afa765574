"""Backups that are whole, are damaged, are another cluster's, or were killed while they were made."""

import base64
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.backup import chains, journal, pruning
from jobs.backup.base_copy import CONTENT, FILE, READER, Base, Damaged, bases_of, faults_of, sums_of
from jobs.backup.copying import Copying
from jobs.backup.object_copies import faults_of as object_faults
from jobs.backup.object_copies import place_of
from jobs.backup.programs import address
from jobs.backup.restoring import check_log_reaches
from jobs.backup.sealed import create_key, read_key, seal, unseal
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import Vault, make_vault, name_of, open_vault
from jobs.backup.verification import log_faults
from topics.errors import Misconfigured

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SEGMENT = "000000010000000000000002"
KIB = 1024


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return make_vault(tmp_path / "vault", "7001")


def whole(vault: Vault, ended_at: datetime = NOON, chain: str | None = None, start: str = SEGMENT) -> Base:
    """A copy as it would be, of a few bytes."""
    folder = vault.bases / name_of(ended_at)
    (folder / CONTENT).mkdir(parents=True)
    (folder / CONTENT / "base.tar.gz").write_bytes(b"all of it")
    made = Base(
        id=folder.name,
        cluster=vault.cluster,
        server="18.4",
        start=start,
        segment_bytes=KIB * KIB,
        started_at=ended_at,
        ended_at=ended_at,
        chain=chain,
        secrets=False,
        files=sums_of(folder),
    )
    (folder / FILE).write_bytes(READER.dump_json(made))
    return made


def test_a_vault_is_private(vault: Vault) -> None:
    for path in (vault.root, vault.bases, vault.wal, vault.objects):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    assert stat.S_IMODE((vault.root / "vault.json").stat().st_mode) == 0o600


def test_a_vault_of_another_cluster_is_refused_with_its_path(vault: Vault) -> None:
    assert make_vault(vault.root, "7001") == vault
    with pytest.raises(
        Misconfigured, match=f"{vault.root} holds backups of another cluster .7001, and this one is 7002"
    ):
        make_vault(vault.root, "7002")


def test_a_directory_of_other_things_is_no_vault(tmp_path: Path) -> None:
    (tmp_path / "letters").touch()

    with pytest.raises(Misconfigured, match="neither empty nor holds backups"):
        make_vault(tmp_path, "7001")
    with pytest.raises(Misconfigured, match=f"{tmp_path} holds no backups"):
        open_vault(tmp_path)


def test_a_vault_whose_making_was_killed_is_made_by_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "vault.json.new").write_text("{")
    assert make_vault(tmp_path, "7001").cluster == "7001"
    for folder in ("bases", "wal", "objects"):
        (tmp_path / folder).rmdir()

    assert pruning.prune(open_vault(tmp_path), NOON, timedelta(days=1)) == pruning.Pruned(0, 0, 0)
    made = make_vault(tmp_path, "7001")

    assert made.bases.is_dir()
    assert made.wal.is_dir()
    assert made.objects.is_dir()


def test_a_vault_that_cannot_be_read_or_is_of_another_release_is_refused(vault: Vault) -> None:
    (vault.root / "vault.json").write_text('{"format": 2, "cluster": "7001"}')
    with pytest.raises(Misconfigured, match="format 2 is of another release"):
        open_vault(vault.root)
    (vault.root / "vault.json").write_text("{")
    with pytest.raises(Misconfigured, match=r"vault\.json cannot be read"):
        open_vault(vault.root)


def test_one_at_a_time(vault: Vault) -> None:
    with vault.held("copying"):
        with vault.held("objects"):
            pass
        with pytest.raises(Misconfigured, match="another process is at the copying"), vault.held("copying"):
            pass
    with vault.held("copying"):
        pass


def test_a_whole_copy_is_found_and_good(vault: Vault) -> None:
    made = whole(vault)

    assert bases_of(vault) == [made]
    assert list(faults_of(vault.bases / made.id, made)) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"all of", "has 6 bytes and had 9"), (b"ALL of it", "not what it was"), (None, "No such file")],
    ids=["cut off", "changed", "gone"],
)
def test_a_file_that_is_not_as_it_was_is_named(vault: Vault, content: bytes | None, why: str) -> None:
    made = whole(vault)
    file = vault.bases / made.id / CONTENT / "base.tar.gz"
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)

    [fault] = faults_of(vault.bases / made.id, made)

    assert str(file) in fault
    assert why in fault


def test_a_copy_that_was_killed_is_none_and_the_next_one_clears_it_away(vault: Vault) -> None:
    made = whole(vault)
    part = vault.bases / f"{name_of(NOON + timedelta(days=1))}.part"
    (vault.bases / made.id).rename(part)

    assert bases_of(vault) == []
    Copying(BackupSettings(), vault).clear()

    assert list(vault.bases.iterdir()) == []


def test_a_copy_whose_removal_was_killed_is_none(vault: Vault) -> None:
    made = whole(vault)
    (vault.bases / made.id / FILE).unlink()

    assert bases_of(vault) == []


def test_a_manifest_that_is_damaged_or_of_another_copy_is_refused_with_its_path(vault: Vault) -> None:
    made = whole(vault)
    file = vault.bases / made.id / FILE
    file.write_bytes(READER.dump_json(replace(made, id="another")))
    with pytest.raises(Damaged, match="speaks of the backup another"):
        bases_of(vault)
    file.write_bytes(b"{}")
    with pytest.raises(Damaged, match=str(file)):
        bases_of(vault)


def test_pruning_keeps_what_the_days_need_and_no_more(vault: Vault) -> None:
    chains.begin(vault, chains.Chain("1", "00000001"))
    chains.begin(vault, chains.Chain("2", "00000002"))
    names = [f"00000001000000000000000{number}" for number in range(5)]
    for name in names:
        (vault.wal / "1" / f"{name}.gz").touch()
    days = [whole(vault, NOON + timedelta(days=number), "1", names[number]) for number in range(5)]

    done = pruning.prune(vault, NOON + timedelta(days=4), timedelta(days=2))

    assert [each.id for each in bases_of(vault)] == [each.id for each in days[2:]]
    assert sorted(path.name for path in (vault.wal / "1").glob("*.gz")) == [f"{name}.gz" for name in names[2:]]
    assert (done.bases, done.segments) == (2, 2)
    assert (vault.wal / "2").exists(), "the newest chain is being written"


def test_a_chain_that_no_copy_begins_in_is_removed(vault: Vault) -> None:
    for number in (1, 2):
        chains.begin(vault, chains.Chain(f"{number}", "00000001"))
    whole(vault, NOON, "2")

    pruning.prune(vault, NOON, timedelta(days=2))

    assert sorted(path.name for path in vault.wal.iterdir()) == ["2"]


def test_bytes_of_objects_go_with_the_last_moment_that_needs_them(vault: Vault) -> None:
    whole(vault, NOON)
    sums = [f"{number:02}" * 32 for number in range(3)]
    for each in sums:
        place_of(vault, each).parent.mkdir(exist_ok=True)
        place_of(vault, each).touch()
    journal.add(
        vault.journal,
        [
            journal.Kept("old", "e", 0, sums[0], {}, {}, NOON, NOON + timedelta(minutes=1)),
            journal.Kept("new", "e", 0, sums[1], {}, {}, NOON),
            journal.Kept("before", "e", 0, sums[2], {}, {}, NOON, NOON - timedelta(days=9)),
        ],
    )

    done = pruning.prune(vault, NOON + timedelta(days=1), timedelta(days=2))

    assert done.objects == 1
    assert sorted(path.name for path in vault.objects.glob("*/*")) == sums[:2]


def test_an_object_whose_bytes_were_touched_is_named_with_its_key(vault: Vault) -> None:
    one = journal.Kept("files/a", "e", 3, "ab" * 32, {}, {}, NOON)

    [gone] = object_faults(vault, [one])
    place_of(vault, one.sha256).parent.mkdir()
    place_of(vault, one.sha256).write_bytes(b"abc")
    [touched] = object_faults(vault, [one])

    assert "No such file" in gone
    assert "files/a" in touched


def test_a_log_with_a_gap_or_a_short_segment_is_named(vault: Vault) -> None:
    chains.begin(vault, chains.Chain("1", "00000001"))
    made = whole(vault, chain="1")
    folder = vault.wal / "1"

    [missing] = log_faults(vault, made)
    (folder / SEGMENT).write_bytes(b"short")
    [short] = log_faults(vault, made)
    (folder / SEGMENT).write_bytes(bytes(KIB * KIB))
    good = log_faults(vault, made)
    chains.pack_finished(folder)
    packed = log_faults(vault, made)
    (folder / f"{SEGMENT}.gz").write_bytes((folder / f"{SEGMENT}.gz").read_bytes()[:-20])
    [torn] = log_faults(vault, made)

    assert f"{SEGMENT} is missing" in missing
    assert "holds 5 of 1048576 bytes" in short
    assert good == packed == []
    assert f"{SEGMENT}.gz: cannot be read" in torn


def test_how_far_a_chain_goes_is_known_of_that_chain_alone(vault: Vault) -> None:
    chains.begin(vault, chains.Chain("1", "00000001"))
    assert chains.covered_of(vault, "1") is None

    chains.note_covered(vault, chains.Covered("1", NOON))

    assert chains.covered_of(vault, "1") == NOON
    assert chains.covered_of(vault, "2") is None
    assert chains.covered_of(vault, None) is None


def test_secrets_are_read_with_their_key_and_no_other(tmp_path: Path) -> None:
    for name in ("one", "two"):
        create_key(tmp_path / name)
    key, other = read_key(tmp_path / "one"), read_key(tmp_path / "two")
    raw = seal(key, {"keyring.json": "very secret"})

    assert b"secret" not in raw
    assert unseal(key, raw, tmp_path) == {"keyring.json": "very secret"}
    with pytest.raises(Misconfigured, match="another key"):
        unseal(other, raw, tmp_path)
    with pytest.raises(Misconfigured, match="damaged"):
        unseal(key, raw[:-1] + bytes([raw[-1] ^ 1]), tmp_path)
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600


def test_a_key_is_never_written_over_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    with pytest.raises(Misconfigured, match="there already"):
        create_key(tmp_path / "key")
    (tmp_path / "short").write_text(base64.b64encode(b"short").decode())
    with pytest.raises(Misconfigured, match="5 bytes instead of 32"):
        read_key(tmp_path / "short")
    with pytest.raises(Misconfigured, match="cannot be read as a key"):
        read_key(tmp_path / "missing")


def test_a_password_is_in_no_command_line() -> None:
    plain, environment = address("postgresql://doska:p%40ss@127.0.0.1:5432/doska?sslmode=require", "us")

    assert plain == "postgresql://doska@127.0.0.1:5432/doska?sslmode=require"
    assert environment["PGPASSWORD"] == "p@ss"
    assert address("postgresql://127.0.0.1/doska", "us")[0] == "postgresql://127.0.0.1/doska"


def test_a_moment_that_kafka_has_forgotten_what_came_after_is_refused() -> None:
    check_log_reaches(NOON, NOON + timedelta(days=6))
    with pytest.raises(Misconfigured, match="keeps actions and ops for 7 days"):
        check_log_reaches(NOON, NOON + timedelta(days=8))


def test_where_backups_lie_must_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOSKA_BACKUP_DIR", raising=False)
    with pytest.raises(Misconfigured, match="DOSKA_BACKUP_DIR"):
        BackupSettings().place()
