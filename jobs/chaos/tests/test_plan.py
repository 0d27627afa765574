from collections import Counter

from jobs.chaos.plan import Plan

RUNNING = ["edge", "consumers", "room_fanout", "kafka", "postgres", "valkey", "seaweedfs"]


def test_a_seed_says_everything() -> None:
    assert Plan(7, 40).faults(RUNNING) == Plan(7, 40).faults(reversed(RUNNING))
    assert Plan(7, 40).faults(RUNNING) != Plan(8, 40).faults(RUNNING)


def test_everything_that_runs_is_broken_equally_often() -> None:
    counts = Counter(each.target for each in Plan(3, 7 * 6).faults(RUNNING))

    assert counts == dict.fromkeys(RUNNING, 6)


def test_every_way_to_break_is_met_and_parts_are_not_asked_to_stop() -> None:
    names = {each.name for seed in range(20) for each in Plan(seed, 50).faults(RUNNING)}

    assert names == {f"{how} {each}" for how in ("kill", "freeze") for each in RUNNING} | {
        "stop edge",
        "stop consumers",
        "stop room_fanout",
    }


def test_nodes_of_a_cluster_are_asked_to_stop_too() -> None:
    cluster = [*RUNNING, "kafka2", "kafka3"]

    names = {each.name for seed in range(20) for each in Plan(seed, 60).faults(cluster)}

    assert {"stop kafka", "stop kafka2", "stop kafka3"} < names
    assert "stop postgres" not in names


def test_only_what_is_named_is_broken() -> None:
    assert {each.target for each in Plan(1, 9, ("kafka", "edge")).faults(RUNNING)} == {"kafka", "edge"}
    assert Plan(1, 9, ("nothing of ours",)).faults(RUNNING) == []


def test_how_often_faults_overlap_can_be_said() -> None:
    assert not any(each.healed for each in Plan(1, 30, overlapping=1).faults(RUNNING))
    assert all(each.healed for each in Plan(1, 30, overlapping=0).faults(RUNNING))
