import os

import pytest

from edge.settings import EdgeSettings
from jobs.doctor import production, production_parts
from jobs.doctor.finding import Finding
from topics.runtime.outward import OutwardSettings

SOUND = {
    "DOSKA_PUBLIC_URL": "https://board.example.org",
    "DOSKA_TRUSTED_PROXIES": "10.0.0.1",
    "DOSKA_REGISTRATION": "invite",
    "DOSKA_SMTP_URL": "smtps://u:p@mail.example.org",
    "DOSKA_KAFKA_BOOTSTRAP": "k1.example.org:9092,k2.example.org:9092,k3.example.org:9092",
    "DOSKA_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "DOSKA_KAFKA_REPLICATION": "3",
    "DOSKA_POSTGRES_DSN": "postgresql://doska:p@db.example.org/doska?sslmode=verify-full",
    "DOSKA_REDIS_URL": "rediss://:p@redis.example.org/0",
    "DOSKA_S3_ENDPOINT": "https://s3.example.org",
    "DOSKA_S3_SECRET_KEY": "a long one",
}
POSTGRES = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_checksums": "on",
    "archive_mode": "on",
}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DOSKA_")]:
        monkeypatch.delenv(name)


def found(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> list[Finding]:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return production.examine(EdgeSettings(), OutwardSettings())


def test_a_sound_installation_has_nothing_to_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.text for each in found(monkeypatch, SOUND)] == ["The settings suit production"]


def test_what_suits_ones_own_machine_does_not_suit_production(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = " ".join(each.text for each in found(monkeypatch, {}) if each.verdict == "bad")

    for word in ("DOSKA_PUBLIC_URL", "SECURITY_PROTOCOL", "KAFKA_REPLICATION", "REDIS_URL", "S3_SECRET_KEY"):
        assert word in texts


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({"DOSKA_PUBLIC_URL": "http://board.example.org"}, "bad", "not https"),
        ({"DOSKA_TRUSTED_PROXIES": ""}, "bad", "DOSKA_TRUSTED_PROXIES is not set"),
        ({"DOSKA_REGISTRATION": "open"}, "note", "may make an account"),
        ({"DOSKA_SMTP_URL": ""}, "note", "DOSKA_SMTP_URL"),
        ({"DOSKA_LOG_LEVEL": "debug"}, "note", "DOSKA_LOG_LEVEL"),
        ({"DOSKA_KAFKA_SECURITY_PROTOCOL": "SSL"}, "bad", "whoever reaches Kafka"),
        ({"DOSKA_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "note", "Kafka (k1.example.org, k2"),
        ({"DOSKA_KAFKA_REPLICATION": "2"}, "bad", "DOSKA_KAFKA_REPLICATION is 2"),
        ({"DOSKA_POSTGRES_DSN": "postgresql://doska:p@db.example.org/doska"}, "note", "The way to PostgreSQL"),
        ({"DOSKA_POSTGRES_DSN": "postgresql://d:p@db.example.org/d?sslmode=require"}, "note", "is not checked"),
        ({"DOSKA_POSTGRES_DSN": "postgresql://d@db.example.org/d?sslmode=verify-full"}, "note", "no password"),
        ({"DOSKA_REDIS_URL": "rediss://redis.example.org/0"}, "bad", "DOSKA_REDIS_URL has no password"),
        ({"DOSKA_REDIS_URL": "redis://:p@redis.example.org/0"}, "note", "The way to Redis"),
        ({"DOSKA_S3_SECRET_KEY": "doska"}, "bad", "everybody knows"),
        ({"DOSKA_S3_ENDPOINT": "http://s3.example.org"}, "bad", "an https page may not go there"),
        ({"DOSKA_S3_PUBLIC_ENDPOINT": "https://127.0.0.1:8333"}, "bad", "their own machine"),
        ({"DOSKA_WEBHOOK_ALLOW_HTTP": "true"}, "bad", "DOSKA_WEBHOOK_ALLOW_HTTP"),
        ({"DOSKA_WEBHOOK_ALLOW_PRIVATE": "10.1.0.0/16"}, "note", "10.1.0.0/16"),
    ],
)
def test_one_thing_that_does_not_suit_is_told(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], verdict: str, words: str
) -> None:
    told = found(monkeypatch, SOUND | change)

    assert any(each.verdict == verdict and words in each.text for each in told), told


def test_a_mechanism_that_tells_the_password_needs_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    change = {"DOSKA_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "DOSKA_KAFKA_SASL_MECHANISM": "PLAIN"}

    told = found(monkeypatch, SOUND | change)

    assert ("bad", True) in [(each.verdict, "password travels readably" in each.text) for each in told]


def test_a_socket_of_this_machine_needs_neither_password_nor_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    local = {
        "DOSKA_POSTGRES_DSN": "postgresql:///doska?host=/run/postgresql",
        "DOSKA_REDIS_URL": "redis://:p@localhost/0",
    }

    assert [each.verdict for each in found(monkeypatch, SOUND | local)] == ["ok"]


def test_no_password_is_ever_told(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct-horse"
    open_ways = {
        "DOSKA_POSTGRES_DSN": f"postgresql://doska:{secret}@db.example.org/doska",
        "DOSKA_REDIS_URL": f"redis://:{secret}@redis.example.org/0",
        "DOSKA_S3_ENDPOINT": f"http://key:{secret}@s3.example.org",
    }

    assert not any(secret in each.text for each in found(monkeypatch, SOUND | open_ways))


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, "ok", "keeps what it confirms"),
        ({"fsync": "off"}, "bad", "fsync off"),
        ({"synchronous_commit": "off"}, "bad", "synchronous_commit off"),
        ({"data_checksums": "off"}, "note", "checksums"),
        ({"archive_mode": "off"}, "note", "archives no WAL"),
    ],
)
def test_postgresql_is_judged_by_what_a_crash_would_leave(change: dict[str, str], verdict: str, words: str) -> None:
    [told] = production_parts.judged(POSTGRES | change, is_super=False)

    assert (told.verdict, words in told.text) == (verdict, True)


def test_a_log_that_somebody_receives_need_not_be_archived() -> None:
    [told] = production_parts.judged(POSTGRES | {"archive_mode": "off"}, is_super=False, received=True)

    assert told.verdict == "ok"


@pytest.mark.integration
async def test_the_embedded_parts_are_found_to_be_for_one_machine(
    prepared_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in prepared_environment.items():
        monkeypatch.setenv(name, value)

    kafka = [each.text for each in await production_parts.kafka(EdgeSettings()) if each.verdict == "bad"]
    postgres = [each.text for each in await production_parts.postgres(EdgeSettings())]

    assert any("fewer than 3 copies" in text for text in kafka)
    assert any("does not check who writes" in text for text in kafka)
    assert any("archives no WAL" in text for text in postgres)
