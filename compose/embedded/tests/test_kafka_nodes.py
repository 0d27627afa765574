from pathlib import Path

import pytest

from compose.embedded import kafka_nodes
from compose.embedded.errors import StackError
from compose.embedded.kafka import Kafka
from compose.embedded.kafka_nodes import Detour, Node
from compose.embedded.kafka_properties import properties

THREE = {1: 10, 2: 20, 3: 30}


def lines(node: Node) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in properties(Path("/data"), node).splitlines())
    return {name: value for name, value in pairs}  # noqa: C416 - a dict() of lists has no type


def test_one_node_keeps_one_copy_of_everything() -> None:
    found = lines(Node(1, 9, {1: 10}))

    assert found["controller.quorum.voters"] == "1@127.0.0.1:10"
    assert found["listeners"] == "PLAINTEXT://127.0.0.1:9,CONTROLLER://127.0.0.1:10"
    assert found["advertised.listeners"] == "PLAINTEXT://127.0.0.1:9"
    assert {found[f"{topic}.replication.factor"] for topic in ("offsets.topic", "transaction.state.log")} == {"1"}
    assert (found["min.insync.replicas"], found["transaction.state.log.min.isr"]) == ("1", "1")


def test_of_three_nodes_two_must_have_what_kafka_keeps_for_itself() -> None:
    found = lines(Node(2, 9, THREE))

    assert found["node.id"] == "2"
    assert found["controller.quorum.voters"] == "1@127.0.0.1:10,2@127.0.0.1:20,3@127.0.0.1:30"
    assert found["listeners"] == "PLAINTEXT://127.0.0.1:9,CONTROLLER://127.0.0.1:20"
    assert {found[f"{topic}.replication.factor"] for topic in ("offsets.topic", "transaction.state.log")} == {"3"}
    assert (found["min.insync.replicas"], found["transaction.state.log.min.isr"]) == ("2", "2")


def test_a_detour_is_advertised_to_those_who_came_in_by_it() -> None:
    found = lines(Node(1, 9, {1: 10}, Detour(11, 99)))

    assert found["listeners"] == "PLAINTEXT://127.0.0.1:9,CONTROLLER://127.0.0.1:10,DETOUR://127.0.0.1:11"
    assert found["advertised.listeners"] == "PLAINTEXT://127.0.0.1:9,DETOUR://127.0.0.1:99"
    assert found["listener.security.protocol.map"] == "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,DETOUR:PLAINTEXT"
    assert found["inter.broker.listener.name"] == "PLAINTEXT"


def test_the_first_node_is_called_as_if_it_were_alone() -> None:
    assert [Kafka(number=number, nodes=3).name for number in (1, 2, 3)] == ["kafka", "kafka2", "kafka3"]
    assert Kafka().port_names == ("kafka", "kafka_controller")
    assert Kafka(number=2, nodes=3, detour=5).port_names == ("kafka2", "kafka2_controller", "kafka2_detour")


@pytest.mark.parametrize(("given", "count"), [({}, 1), ({"DOSKA_KAFKA_NODES": ""}, 1), ({"DOSKA_KAFKA_NODES": "3"}, 3)])
def test_how_many_are_asked_for(given: dict[str, str], count: int) -> None:
    assert kafka_nodes.asked_for(given) == count


@pytest.mark.parametrize("given", ["0", "2", "three", "-1", "3.0"])
def test_a_number_that_makes_no_sense_is_refused_in_a_sentence(given: str) -> None:
    with pytest.raises(StackError, match=f"DOSKA_KAFKA_NODES is {given}: one machine runs one Kafka node, or three"):
        kafka_nodes.asked_for({"DOSKA_KAFKA_NODES": given})


def test_a_log_is_opened_with_as_many_nodes_as_it_was_made_with() -> None:
    one, three = (properties(Path("/data"), Node(1, 9, voters)) for voters in ({1: 10}, THREE))

    kafka_nodes.kept(one, "1@127.0.0.1:77")
    kafka_nodes.kept(three, "1@127.0.0.1:7,2@127.0.0.1:8,3@127.0.0.1:9")
    with pytest.raises(StackError, match=r"made with 3 nodes and cannot go on with 1: set DOSKA_KAFKA_NODES=3, or"):
        kafka_nodes.kept(three, "1@127.0.0.1:10")
    with pytest.raises(StackError, match=r"made with 1 node and cannot go on with 3: set DOSKA_KAFKA_NODES=1, or"):
        kafka_nodes.kept(one, "1@127.0.0.1:7,2@127.0.0.1:8,3@127.0.0.1:9")
