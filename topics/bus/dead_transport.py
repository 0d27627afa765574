"""A connection to a broker that died in this very turn of the loop is one that broke, on uvloop too.

uvloop raises RuntimeError for what is written to it then, and the client reads of its death a turn or two later.
aiokafka expects OSError. What it does not expect ends the task that learns who leads which partition, for good and in
silence: that client never again hears of a new leader, and whoever asks it to find out waits for ever.
"""

from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError


def tell_as_broken(connection: type[AIOKafkaConnection]) -> None:
    """Have `send` of these connections say of a dead transport what it says of any other that broke."""
    send = connection.send

    @wraps(send)
    def sent(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
        try:
            return send(self, request, expect_response)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"the connection to {self.host}:{self.port} broke: {error}") from error

    connection.send = sent
