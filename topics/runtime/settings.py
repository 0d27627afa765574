"""What every process reads from its environment, once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# A compose file can only set a variable to nothing, not leave it out.
EMPTY_IS_NONE: Final = BeforeValidator(lambda given: given or None)


class Settings(BaseSettings):
    """Settings of any process; a field `x` is the variable `DOSKA_X`. Read once and passed down."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_", frozen=True, extra="ignore")

    kafka_bootstrap: str = Field(default="127.0.0.1:9092", description="Kafka's addresses, comma separated")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ca_file: Path | None = Field(
        default=None, description="certificates to trust for SSL; the system's when unset"
    )
    kafka_replication: int = Field(
        default=1, ge=1, description="copies of each partition of topics made by `topics apply`"
    )

    postgres_dsn: str = "postgresql://doska@127.0.0.1:5432/doska"
    redis_url: str = "redis://127.0.0.1:6379/0"
    s3_endpoint: str = "http://127.0.0.1:8333"
    s3_access_key: str = "doska"
    s3_secret_key: SecretStr = SecretStr("doska")
    s3_bucket: str = "doska"
    s3_region: str = "us-east-1"
    s3_public_endpoint: Annotated[str | None, EMPTY_IS_NONE] = Field(
        default=None, description="the store's address as browsers reach it; DOSKA_S3_ENDPOINT when unset"
    )

    port: int = Field(default=8080, ge=0, le=65535, description="where an edge serves people")
    public_url: str = Field(
        default="", description="the address of links and cookies; http://localhost:<port> when empty"
    )
    smtp_url: Annotated[SecretStr | None, EMPTY_IS_NONE] = Field(
        default=None, description="smtp://user:password@host:port, smtps:// for TLS from the start; no mail when unset"
    )

    schema_registry_url: SecretStr | None = Field(
        default=None,
        description="a Confluent-compatible registry, https://user:password@host/path; the schemas are told to it as well",
    )

    data_dir: Path = Path(".doska")
    keyring_file: Path = Field(default_factory=lambda read: read["data_dir"] / "keyring.json")

    operations_port: int | None = Field(
        default=None, description="/metrics, /healthz, /readyz; none when unset, 0 = any free"
    )
    operations_host: str = "127.0.0.1"
    replica: str = Field(
        default="0", pattern=r"^[A-Za-z0-9._-]+$", description="makes static member ids of replicas differ"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    resume_events: int = Field(default=1000, ge=1)
    resume_seconds: int = Field(default=300, ge=1)
    resume_bytes: int = Field(default=2 * 1024 * 1024, ge=1)

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be like https://board.example.org")
        return value.rstrip("/")

    @classmethod
    def of(cls, environment: Mapping[str, str], **more: Any) -> Self:
        """With these variables, and then with fields by name; what is in neither is read as ever."""
        named: dict[str, Any] = {name.removeprefix("DOSKA_").lower(): value for name, value in environment.items()}
        return cls(**named | more)

    @property
    def address(self) -> str:
        """The public address, without a slash at its end."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def min_insync_replicas(self) -> int:
        """How many copies must have a record before it counts as durable."""
        return 2 if self.kafka_replication >= 3 else 1
