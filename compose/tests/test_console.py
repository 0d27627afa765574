import io

from compose.console import Console, sentence
from compose.embedded.progress import Step


def test_plain_lines_tell_what_is_fetched_and_what_is_ready_in_seconds() -> None:
    out = io.StringIO()
    console = Console(out, live=False)

    for step in (
        Step("kafka", "fetching", note="46 files, 44 MB"),
        Step("kafka", "fetched", 5.21),
        Step("kafka", "starting"),
        Step("kafka", "ready", 1.14),
        Step("valkey", "external", note="DOSKA_REDIS_URL"),
        Step("edge", "died", note="starting it again"),
    ):
        console.tell(step)

    assert out.getvalue().splitlines() == [
        "fetching kafka (46 files, 44 MB)",
        "kafka fetched in 5.2 s",
        "kafka ready in 1.1 s",
        "valkey is your own (DOSKA_REDIS_URL)",
        "edge died (starting it again)",
    ]


def test_a_terminal_has_a_live_last_line_of_what_is_under_way() -> None:
    out = io.StringIO()
    console = Console(out, live=True)

    console.tell(Step("kafka", "starting"))
    console.tell(Step("postgres", "starting"))
    console.tell(Step("postgres", "ready", 0.31))

    lines = out.getvalue().split("\r\x1b[2K")
    assert any("starting kafka 0 s, starting postgres 0 s" in line for line in lines)
    assert any(line.endswith("postgres ready in 0.3 s\n") for line in lines)
    assert "starting kafka" in lines[-1]
    assert "postgres" not in lines[-1]


def test_a_plain_line_holds_no_control_characters() -> None:
    assert sentence(Step("kafka", "ready", 1.0)).isprintable()
