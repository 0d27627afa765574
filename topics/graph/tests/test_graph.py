"""Who writes and reads what, as text and as a picture."""

from xml.etree import ElementTree as ET

from topics.bus.catalog import Topic
from topics.bus.manifest import Manifest
from topics.graph.flow import Channel, flow
from topics.graph.mermaid import mermaid
from topics.graph.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def topic(name: str, carries: str) -> Topic:
    return Topic(
        name=name, about="<about & more>", carries=carries, key="id", partitions=1, retention="forever", max_message=1
    )


def consumer(name: str, reads: list[str], writes: list[str]) -> Manifest:
    return Manifest(name=name, about="a test", engine="each", reads=reads, writes=writes)


TOPICS = {
    each.name: each for each in (topic("a.actions", "action"), topic("a.facts", "fact"), topic("a.last", "state"))
}
CONSUMERS = [consumer("decider", ["a.actions"], ["a.facts"]), consumer("counter", ["a.facts"], [])]
ACTIONS = Channel("a.actions", "action", "<about & more>", ("edge",), ("decider",))
FACTS = Channel("a.facts", "fact", "<about & more>", ("decider",), ("counter", "edge"))


def test_people_write_through_the_edge_and_facts_are_read_there_and_by_who_names_them() -> None:
    assert flow(CONSUMERS, TOPICS) == (ACTIONS, FACTS)


def test_mermaid_draws_each_arrow_once() -> None:
    assert mermaid((ACTIONS, FACTS)).splitlines() == [
        "flowchart LR",
        '    t_a_actions(["a.actions"])',
        '    t_a_facts(["a.facts"])',
        "    edge --> t_a_actions",
        "    t_a_actions --> decider",
        "    decider --> t_a_facts",
        "    t_a_facts --> counter",
        "    t_a_facts --> edge",
    ]


def test_the_picture_is_whole_svg_with_a_line_for_each_arrow_inside_its_frame() -> None:
    picture = ET.fromstring(svg((ACTIONS, FACTS)))

    assert len(picture.findall(f"{SVG}path")) == 5
    texts = [each.text for each in picture.iter(f"{SVG}text")]
    assert texts == [
        "writes",
        "topic",
        "reads",
        "edge",
        "decider",
        "a.actions",
        "a.facts",
        "decider",
        "counter",
        "edge",
    ]
    *_, width, height = map(float, picture.attrib["viewBox"].split())
    for box in picture.iter(f"{SVG}rect"):
        assert 0 <= float(box.attrib["x"]) <= width - float(box.attrib["width"])
        assert 0 <= float(box.attrib["y"]) <= height - float(box.attrib["height"])
