import pytest
from pydantic import SecretStr

from topics.bus.clients import kafka_options
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

CLOSED = Settings(
    kafka_security_protocol="SASL_PLAINTEXT", kafka_sasl_username="doska-edge", kafka_sasl_password=SecretStr("s")
)


def test_a_user_and_a_password_are_given_where_they_are_asked_for() -> None:
    options = kafka_options(CLOSED)

    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("doska-edge", "s")
    assert "sasl_plain_password" not in kafka_options(Settings())


@pytest.mark.parametrize("missing", ["kafka_sasl_username", "kafka_sasl_password"])
def test_one_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(Misconfigured, match="DOSKA_KAFKA_SASL_USERNAME and DOSKA_KAFKA_SASL_PASSWORD must be set"):
        kafka_options(CLOSED.model_copy(update={missing: None}))
