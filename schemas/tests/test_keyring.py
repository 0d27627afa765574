"""The keyring file, keys by purpose, and signatures over a rotation."""

import base64
import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from schemas.keyring import Keyring, KeyringInvalid

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def test_a_created_keyring_loads_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keyring.json"

    made = Keyring.create(path)

    assert Keyring.load(path).derive("x") == made.derive("x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_creating_again_keeps_the_first(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"

    assert Keyring.create(path).derive("x") == Keyring.create(path).derive("x")


def test_of_several_processes_one_wins_and_all_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        derived = pool.map(_created, [tmp_path / "keyring.json"] * 6)

    assert len(set(derived)) == 1


def _created(path: Path) -> bytes:
    return Keyring.create(path).derive("x")


def test_each_purpose_and_key_has_its_own_bytes() -> None:
    ring = Keyring("new", {"old": OLD, "new": NEW})

    keys = [ring.derive(purpose, kid) for purpose in ("access", "refresh") for kid in ("old", "new")]
    assert len({*keys, OLD, NEW}) == 6
    assert ring.derive("access") == ring.derive("access", "new")
    with pytest.raises(KeyError):
        ring.derive("access", "lost")


def test_a_signature_outlives_a_rotation_and_no_forgery_passes() -> None:
    before, after = Keyring("old", {"old": OLD}), Keyring("new", {"old": OLD, "new": NEW})
    signature = before.sign("link", "id", "7")

    assert after.verify("link", signature, "id", "7")
    assert after.sign("link", "id", "7") != signature
    assert after.sign("link", "id", "7", kid="old") == signature
    assert not after.verify("link", signature, "id", "8")
    assert not after.verify("invite", signature, "id", "7")
    assert not after.verify("link", signature, "id7", "")
    assert not after.verify("link", "", "id", "7")
    assert not after.verify("link", "ж\ud800", "id", "7")
    assert not Keyring("new", {"new": NEW}).verify("link", signature, "id", "7")


def test_parts_cannot_be_shifted() -> None:
    ring = Keyring("k", {"k": OLD})

    assert ring.sign("x", "ab", "c") != ring.sign("x", "a", "bc") != ring.sign("x", "abc")


def test_a_keyring_never_shows_its_keys() -> None:
    assert "k1" in repr(Keyring("k1", {"k1": OLD}))
    assert repr(OLD)[2:12] not in repr(Keyring("k1", {"k1": OLD}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"current": "k1", "keys": []}',
        json.dumps({"current": "k1", "keys": {"k1": "short"}}),
        json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(bytes(16)).decode()}}),
        json.dumps({"current": "k2", "keys": {"k1": base64.b64encode(OLD).decode()}}),
    ],
)
def test_a_broken_keyring_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keyring.json"
    path.write_text(text)

    with pytest.raises(KeyringInvalid, match=r"keyring\.json"):
        Keyring.load(path)


def test_a_missing_keyring_is_not_made_by_loading(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Keyring.load(tmp_path / "keyring.json")
