import stat
from pathlib import Path

from compose.embedded import credentials


def test_credentials_are_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"

    assert credentials.read_or_create(path) == credentials.read_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_places_have_different_secrets(tmp_path: Path) -> None:
    one = credentials.read_or_create(tmp_path / "one.json")
    two = credentials.read_or_create(tmp_path / "two.json")

    assert one.postgres_password != two.postgres_password
    assert one.kafka_cluster != two.kafka_cluster


def test_a_cluster_id_never_looks_like_an_option() -> None:
    # 0xF8 is what base64url begins with a dash.
    assert credentials.kafka_uuid(bytes([0xF8] * 16)).startswith("A")
    assert len(credentials.kafka_uuid(bytes(16))) == 22


def test_a_private_file_replaces_an_open_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old, readable by all")

    credentials.write_private(path, "new")

    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [left.name for left in tmp_path.iterdir()] == ["secret"]
