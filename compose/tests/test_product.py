"""Which consumers share a process."""

from compose.product import processes
from consumers import discovery


def test_every_consumer_runs_once_and_nobody_waits_for_one_in_the_background() -> None:
    manifests = discovery.manifests()

    found = processes(manifests)

    run = [name for words in found.values() for name in words[1:]]
    assert sorted(run) == sorted(manifests)
    assert found["room_fanout"] == ("consumer", "room_fanout")
    assert all(manifests[name].background for name in found["background"][1:])
    assert not any(manifests[name].background for name in found["consumers"][1:])
    assert not any(manifests[name].engine == "decide" for name in found["background"][1:]), "people wait for decisions"
    assert list(found)[-1] == "consumers", "the last to start is the first to stop"


def test_a_process_without_consumers_is_none() -> None:
    only = {"board_store": discovery.manifest("board_store")}

    assert processes(only) == {"consumers": ("consumers", "board_store")}
