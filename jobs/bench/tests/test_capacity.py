"""Capacity is arithmetic on unit costs."""

import pytest

from jobs.bench.capacity import Unit, told, units
from jobs.bench.run import Run


def run(ops: int, members: int, cores: dict[str, float]) -> Run:
    made = Run({}, 10, cores=cores)
    made.ack.counts, made.seen.counts = {1000: ops * 10}, {1000: ops * members * 10}
    return made


def test_both_costs_come_out_of_two_works() -> None:
    writes = run(1000, 1, {"edge": 0.101, "load": 0.5})
    ladder = run(2000, 50, {"edge": 0.3, "load": 0.9})

    found = units(writes, ladder)

    assert list(found) == ["edge"]
    assert found["edge"].per_op == pytest.approx(100, rel=0.01)
    assert found["edge"].per_delivery == pytest.approx(1, rel=0.05)


def test_nothing_costs_less_than_nothing() -> None:
    cheaper_when_busy = units(run(1000, 1, {"kafka": 0.4}), run(2000, 50, {"kafka": 0.1}))
    only_deliveries = units(run(1000, 1, {"edge": 0.0}), run(2000, 50, {"edge": 0.5}))

    assert cheaper_when_busy["kafka"] == Unit(400, 0)
    assert only_deliveries["edge"].per_op == 0


def test_a_demand_needs_cores_with_room_for_peaks() -> None:
    text = told({"edge": Unit(70, 7)}, socket_bytes=10_240)

    # 10,000 op/s x 70 us + 100,000 deliveries/s x 7 us = 1.4 cores, of which 70 % may be used.
    assert "| 100,000, 10,000, 10 | 2.0 | 1 | 1.0 GiB |" in text
