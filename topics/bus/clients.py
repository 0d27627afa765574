"""What every Kafka client of ours is built with."""

import ssl
from typing import Any

from topics.runtime.settings import Settings


def kafka_options(settings: Settings) -> dict[str, Any]:
    """Addresses and security, as aiokafka takes them."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(
            cafile=str(settings.kafka_ca_file) if settings.kafka_ca_file is not None else None
        )
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_sasl_username
        options["sasl_plain_password"] = (
            settings.kafka_sasl_password.get_secret_value() if settings.kafka_sasl_password is not None else None
        )
    return options
