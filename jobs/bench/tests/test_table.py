"""What a bench says about its runs."""

from pathlib import Path

import pytest

from jobs.bench import rivals, table, works_found
from jobs.bench.load.faults import Faults
from jobs.bench.load.times import Times
from jobs.bench.run import Run
from jobs.bench.session import median
from jobs.bench.stage import Room, shared_out
from jobs.bench.works_found import Work


def run(p99_ms: int = 3, **more: object) -> Run:
    made = Run({}, 10, sent=10, acked=10, expected=20, delivered=20, cores={"edge": 0.5, "load": 0.1})
    for _ in range(20):
        made.seen.add(p99_ms * 1000)
    for _ in range(10):
        made.ack.add(1000)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def work(name: str) -> Work:
    return next(each for each in works_found.found() if each.name == name)


def test_a_row_has_ours_and_the_rivals_figures() -> None:
    row = table.readme({work("room"): run()}).splitlines()[-1]

    assert row.startswith("| room of 50, 20 editors x 10/s, p50 / p99 ms | 3.0 / 3.0 | 1.0 / 1.0 | 20 of 20 |")
    assert row.endswith("| 0.6 / 3.1 | 0.4 / 1.7 | 1.1 / 8.5 | 0.6 / 1.4 |")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"faults": Faults(gaps=1)}, "1 gaps"),
        ({"delivered": 19}, "19 of 20 deliveries"),
        ({"delivered": 21}, "21 of 20 deliveries"),
        ({"acked": 9}, "9 of 10 ops acknowledged"),
    ],
)
def test_a_run_with_a_fault_has_no_figure(wrong: dict[str, object], said: str) -> None:
    faulty = run(**wrong)

    row = table.readme({work("room"): faulty}).splitlines()[-1]

    assert f"does not count: {said}" in row
    assert "3.0 / 3.0" not in row
    assert "DOES NOT COUNT" in table.details(work("room"), faulty)
    assert faulty.numbers()["counts"] is False


def test_a_busy_machine_is_told_with_the_table() -> None:
    assert "Other programs" not in table.readme({work("room"): run(others=0.04)})
    assert "up to 40% of a core" in table.readme({work("room"): run(others=0.4), work("rooms"): run(others=0.1)})


def test_the_median_run_is_told_and_one_that_does_not_count_spoils_them_all() -> None:
    slow, middle, quick = run(9), run(5), run(2)
    wrong = run(3, faults=Faults(lost=1))

    assert median([slow, quick, middle]) is middle
    assert median([slow, wrong, quick]) is wrong


def test_costs_are_per_op_and_per_delivery() -> None:
    assert run().per_op() == {"edge": 500_000, "load": 100_000}
    assert run().per_delivery() == {"edge": 250_000, "load": 50_000}


def test_every_row_of_the_rivals_is_a_work_and_has_all_columns() -> None:
    names = {each.name for each in works_found.found()}

    assert set(rivals.works()) <= names
    assert all(len(rivals.row(name)) == len(rivals.columns()) for name in names)


def test_works_have_an_order_and_a_line_in_the_readme() -> None:
    found = works_found.found()
    told = Path(str(table.__file__)).with_name("README.md").read_text()

    assert [each.order for each in found] == list(range(1, len(found) + 1))
    assert all(f"| `{each.name}` |" in told for each in found)


def test_every_member_is_played_by_one_process_and_those_who_draw_by_all() -> None:
    people = [{"token": str(n), "draws": n < 4, "moves": False} for n in range(7)]

    shares = shared_out([Room("a", people), Room("b", people[:1])], 2)

    played = [(room["board"], person["token"]) for share in shares for room in share for person in room["members"]]
    assert sorted(played) == sorted([("a", str(n)) for n in range(7)] + [("b", "0")])
    drawing = [sum(person["draws"] for room in share for person in room["members"]) for share in shares]
    assert min(drawing) >= 2


def test_times_of_processes_survive_json() -> None:
    assert Times.read({"1000": 2}).percentile(99) == 1
