"""A session of several works."""

from jobs.bench import session, table
from jobs.bench.bench import Bench
from jobs.bench.load.idling import source_of
from jobs.bench.load.refusal import Refused
from jobs.bench.plan import Plan
from jobs.bench.run import Run
from jobs.bench.works_found import Work


async def is_not_understood(bench: Bench) -> Run:
    await bench.clients.all("nothing", "of the kind")
    return Run({})


async def loses_its_clients(bench: Bench) -> Run:
    await bench.clients.stop()
    raise Refused("a load process ended")


async def works(bench: Bench) -> Run:
    return Run({}, figures={"processes": len(bench.clients.pids)})


async def test_a_work_that_breaks_off_is_told_beside_the_results_of_the_others() -> None:
    measures = (is_not_understood, loses_its_clients, works)
    each = tuple(
        Work(measure.__name__, measure.__name__, number, False, measure, lambda run: str(run.figures["processes"]))  # noqa: FBT003 - where it runs does not matter here
        for number, measure in enumerate(measures)
    )
    plan = Plan(each, "http://nowhere.invalid", 1, 0, 1, 1, one_core=False, compress=False, prefer=False, sockets=1)

    results = await session.run(plan)

    strange, lost, fine = (results[work][0] for work in each)
    assert strange.problems() == ["it broke off: a load process ended with status 1"]
    assert lost.problems() == ["it broke off: a load process ended"]
    assert fine.counts
    told = table.readme({work: session.median(runs) for work, runs in results.items()})
    assert "| loses_its_clients | does not count: it broke off: a load process ended |" in told
    assert "| works | 1 |" in told


def test_more_sockets_than_an_address_has_ports_come_from_several() -> None:
    url = "http://127.0.0.1:8080"

    assert [source_of(place, url) for place in (0, 19_999, 20_000, 45_000)] == [None, None, "127.0.1.1", "127.0.1.2"]
    assert source_of(45_000, "https://board.example.org") is None
