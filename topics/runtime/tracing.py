"""W3C trace context: one trace from a client's frame to the last consumer."""

import re
import secrets
from collections.abc import Callable

import structlog

FORM = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
Random = Callable[[int], bytes]


def new_traceparent(random: Random = secrets.token_bytes) -> str:
    """Begin a trace, e.g. `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`."""
    return f"00-{random(16).hex()}-{random(8).hex()}-01"


def child(traceparent: str | None, random: Random = secrets.token_bytes) -> str:
    """Continue a trace with a new span; begin one when there is none, or what came is not one."""
    if traceparent is None or not FORM.match(traceparent):
        return new_traceparent(random)
    return f"{traceparent[:36]}{random(8).hex()}-{traceparent[-2:]}"


def trace_id(traceparent: str | None) -> str | None:
    """The id that logs and errors show."""
    return traceparent[3:35] if traceparent is not None and FORM.match(traceparent) else None


def bind(traceparent: str | None, message_id: str | None = None) -> None:
    """Put the trace and the message into every log line of the current task from here on."""
    structlog.contextvars.bind_contextvars(trace_id=trace_id(traceparent), message_id=message_id)
