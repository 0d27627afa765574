from pathlib import Path

import pytest

from topics.bus.clients import kafka_options
from topics.runtime.settings import Settings


def test_a_setting_is_a_variable_and_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSKA_KAFKA_BOOTSTRAP", "kafka:9092")
    settings = Settings()
    monkeypatch.setenv("DOSKA_KAFKA_BOOTSTRAP", "other:9092")

    assert settings.kafka_bootstrap == "kafka:9092"
    with pytest.raises(ValueError, match="frozen"):
        settings.kafka_bootstrap = "other"


def test_the_keyring_lies_in_the_data_folder_unless_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSKA_DATA_DIR", "/srv/doska")
    assert Settings().keyring_file == Path("/srv/doska/keyring.json")

    monkeypatch.setenv("DOSKA_KEYRING_FILE", "/etc/doska/keys.json")
    assert Settings().keyring_file == Path("/etc/doska/keys.json")


def test_kafka_is_plain_by_default() -> None:
    assert kafka_options(Settings(kafka_bootstrap="a:1,b:2")) == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "PLAINTEXT",
    }


def test_a_user_and_a_password_are_three_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSKA_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("DOSKA_KAFKA_SASL_USERNAME", "doska")
    monkeypatch.setenv("DOSKA_KAFKA_SASL_PASSWORD", "hunter2")
    settings = Settings()

    options = kafka_options(settings)

    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("doska", "hunter2")
    assert options["ssl_context"].check_hostname
    assert "hunter2" not in repr(settings)
