"""What is said of the machine beside the times."""

from jobs.bench.machine import Machine, machine


def test_a_machine_is_measured_and_told() -> None:
    found = machine()

    assert found.step_ns > 0
    assert found.trip_us > 0
    assert "12 ns" in Machine(12.3, 49.8).told()
    assert "and back 50 us" in Machine(12.3, 49.8).told()
