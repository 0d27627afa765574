from pathlib import Path

import pytest

from schemas.registry import registry
from topics.bus.catalog import Topic, catalog, dead_letters_of
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

GOOD = """
about: What people ask.
carries: action
key: board_id
partitions: 3
retention: 7d
max_message: 1MiB
"""


def write(folder: Path, text: str) -> Path:
    (folder / "boards.actions.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_file_is_a_topic(tmp_path: Path) -> None:
    topic = catalog(write(tmp_path, GOOD))["boards.actions"]

    assert (topic.partitions, topic.retention, topic.max_message, topic.compaction) == (3, 604800, 1048576, False)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("colour: red", "colour: Extra inputs are not permitted"),
        ("partitions: 0", "partitions: Input should be greater than or equal to 1"),
        ("retention: a week", "retention.*a time such as"),
        ("max_message: big", "max_message.*a size such as"),
        ("carries: anything", "carries: Input should be"),
        ("compaction: true", "retention must be forever"),
        ("about: [", "while parsing"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_name_and_the_key(tmp_path: Path, change: str, complaint: str) -> None:
    key = change.partition(":")[0]
    text = "\n".join([line for line in GOOD.splitlines() if not line.startswith(f"{key}:")] + [change])

    with pytest.raises(Misconfigured, match=rf"boards\.actions\.yaml: [\s\S]*{complaint}"):
        catalog(write(tmp_path, text))


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="partitions: Field required"):
        catalog(write(tmp_path, GOOD.replace("partitions: 3\n", "")))


def test_every_topic_of_a_schema_is_in_the_catalog_and_every_topic_carries_what_its_schemas_say() -> None:
    for topic in catalog().values():
        kinds = {mt.kind for mt in registry().types() if mt.topic == topic.name and mt.within is None}
        assert kinds == {topic.carries}, topic.name
    assert {mt.topic for mt in registry().types() if mt.topic is not None} == set(catalog())


def test_the_key_of_a_topic_is_that_of_its_schemas() -> None:
    for mt in registry().types():
        if mt.topic is not None and mt.key is not None and mt.within is None:
            assert mt.key.rpartition("/")[2] == catalog()[mt.topic].key, mt.name


def test_a_compacted_topic_keeps_the_last_of_each_key_and_honours_a_tombstone_within_a_day() -> None:
    configs = catalog()["identity.people"].configs(Settings())

    assert configs["cleanup.policy"] == "compact"
    assert configs["retention.ms"] == "-1"
    assert int(configs["max.compaction.lag.ms"]) <= 86_400_000


def test_a_topic_kept_for_minutes_closes_its_segments_sooner_than_that() -> None:
    configs = catalog()["presence.moves"].configs(Settings())

    assert int(configs["segment.ms"]) <= int(configs["retention.ms"]) == 600_000


def test_two_copies_must_have_a_record_where_there_are_three() -> None:
    topic = catalog()["boards.ops"]

    assert topic.configs(Settings(kafka_replication=3))["min.insync.replicas"] == "2"
    assert topic.configs(Settings(kafka_replication=1))["min.insync.replicas"] == "1"


def test_dead_letters_have_room_for_the_largest_record_and_its_headers() -> None:
    letters = dead_letters_of("board_store")

    assert letters.name == "board_store.dlq"
    assert letters.max_message > max(each.max_message for each in catalog().values())


def test_a_topic_is_a_value() -> None:
    topic = dead_letters_of("board_store")

    with pytest.raises(ValueError, match="frozen"):
        topic.partitions = 2
    assert isinstance(topic, Topic)
