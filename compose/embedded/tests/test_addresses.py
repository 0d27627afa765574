import stat
from pathlib import Path

from compose.embedded import addresses

PARTS = {
    "DOSKA_REDIS_URL": {"DOSKA_REDIS_URL": "redis://127.0.0.1:1/0"},
    "DOSKA_S3_ENDPOINT": {"DOSKA_S3_ENDPOINT": "http://127.0.0.1:2", "DOSKA_S3_SECRET_KEY": "embedded"},
}


def test_another_command_finds_the_parts_and_nobody_else_may_read_where(tmp_path: Path) -> None:
    addresses.write(tmp_path, PARTS)

    assert addresses.missing_settings(tmp_path, {}) == PARTS["DOSKA_REDIS_URL"] | PARTS["DOSKA_S3_ENDPOINT"]
    assert stat.S_IMODE((tmp_path / addresses.FILE).stat().st_mode) == 0o600


def test_a_part_of_ones_own_gets_no_settings_of_the_embedded_one(tmp_path: Path) -> None:
    addresses.write(tmp_path, PARTS)

    found = addresses.missing_settings(tmp_path, {"DOSKA_S3_ENDPOINT": "https://s3.example"})

    assert found == PARTS["DOSKA_REDIS_URL"]


def test_where_nothing_was_started_nothing_is_added(tmp_path: Path) -> None:
    assert addresses.missing_settings(tmp_path, {}) == {}
    (tmp_path / addresses.FILE).write_text("half")
    assert addresses.missing_settings(tmp_path, {}) == {}
