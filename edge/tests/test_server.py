"""Where each of several edges tells how it is."""

import pytest

from edge.server import operations_port_of
from edge.settings import EdgeSettings


@pytest.mark.parametrize(
    ("first", "others", "expected"),
    [
        (9100, "", [9100, 9101, 9102]),
        (9100, "9200,9300", [9100, 9200, 9300]),
        (9100, "9200", [9100, 9200, 9102]),
        (None, "9200,9300", [None, 9200, 9300]),
        (0, "", [0, 0, 0]),
        (None, "", [None, None, None]),
    ],
)
def test_workers_have_the_ports_that_are_named_or_the_next_numbers(
    monkeypatch: pytest.MonkeyPatch, first: int | None, others: str, expected: list[int | None]
) -> None:
    monkeypatch.setenv("DOSKA_WORKER_OPERATIONS_PORTS", others)
    settings = EdgeSettings(operations_port=first, edge_workers=3)

    assert [operations_port_of(settings, index) for index in range(3)] == expected
