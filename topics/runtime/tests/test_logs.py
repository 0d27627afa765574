import json
import logging
import subprocess
import sys
import textwrap

SCRIPT = """
    import logging
    import structlog
    from topics.runtime import tracing
    from topics.runtime.logs import configure_logs

    configure_logs("info", "board_store")
    tracing.bind("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "m1")
    structlog.get_logger("ours").info("dead letter", offset=7)
    structlog.get_logger("ours").debug("not shown")
    logging.getLogger("aiokafka").info("not shown")
    logging.getLogger("aiokafka").warning("%s is away", "kafka")
    try:
        raise LookupError("a bug")
    except LookupError:
        structlog.get_logger("ours").exception("attempt failed")
"""


def test_every_line_is_json_with_the_trace_ours_and_the_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(SCRIPT)], capture_output=True, text=True, check=True)

    first, second, third = (json.loads(line) for line in done.stderr.splitlines())
    assert (first["event"], first["level"], first["service"], first["offset"]) == (
        "dead letter",
        "info",
        "board_store",
        7,
    )
    assert (first["trace_id"], first["message_id"]) == ("4bf92f3577b34da6a3ce929d0e0e4736", "m1")
    assert (second["event"], second["logger"]) == ("kafka is away", "aiokafka")
    assert "LookupError: a bug" in third["exception"]
    assert logging.getLogger("aiokafka").level == logging.NOTSET, "only the process that asked is configured"
