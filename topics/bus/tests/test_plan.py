from collections.abc import Mapping

from topics.bus.catalog import Topic, dead_letters_of
from topics.bus.generations import Generation
from topics.bus.plan import Existing, new_configs, plan
from topics.runtime.settings import Settings

SETTINGS = Settings()
KEYED = Topic(
    name="boards.ops", about="x", carries="op", key="board_id", partitions=12, retention=86400.0, max_message=1024
)
KEYLESS = dead_letters_of("board_store")
KNOWN = {KEYED.name: Generation("g1", 12), KEYLESS.name: Generation("g2", 1)}


def existing(topic: Topic, **changes: object) -> Existing:
    due: Mapping[str, str] = topic.configs(SETTINGS)
    fields = {"partitions": topic.partitions, "replication": 1, "configs": due, "own": due, "touched": True}
    return Existing(**(fields | changes))


def kinds(
    topic: Topic, found: Existing | None, known: Mapping[str, Generation] = KNOWN, **options: object
) -> list[str]:
    return [
        each.kind for each in plan([topic], {} if found is None else {topic.name: found}, known, SETTINGS, **options)
    ]


def test_a_topic_that_is_as_it_should_be_needs_nothing() -> None:
    assert kinds(KEYED, existing(KEYED)) == []


def test_a_missing_topic_is_created_and_the_topic_of_generations_first() -> None:
    generations = KEYED.model_copy(update={"name": "platform.topics"})

    changes = plan([KEYED, generations], {}, {}, SETTINGS)

    assert [(each.kind, each.topic) for each in changes] == [("create", "platform.topics"), ("create", "boards.ops")]


def test_a_keyed_topic_with_other_partitions_is_a_persons_problem() -> None:
    assert kinds(KEYED, existing(KEYED, partitions=6), {KEYED.name: Generation("g", 6)}) == ["problem"]
    assert kinds(KEYED, existing(KEYED, partitions=24), {KEYED.name: Generation("g", 24)}) == ["problem"]


def test_a_keyed_topic_that_somebody_grew_by_hand_is_a_problem_too() -> None:
    assert kinds(KEYED, existing(KEYED), {KEYED.name: Generation("g", 6)}) == ["problem"]


def test_a_topic_without_a_key_grows_and_never_shrinks() -> None:
    bigger = KEYLESS.model_copy(update={"partitions": 3})

    assert kinds(bigger, existing(KEYLESS)) == ["grow"]
    assert kinds(KEYLESS, existing(KEYLESS, partitions=3)) == ["problem"]


def test_without_a_generation_an_untouched_topic_is_adopted_and_a_used_one_only_when_named() -> None:
    assert kinds(KEYED, existing(KEYED, touched=False), {}) == ["adopt"]
    assert kinds(KEYED, existing(KEYED, touched=True), {}) == ["problem"]
    assert kinds(KEYED, existing(KEYED, touched=True), {}, adopt=[KEYED.name]) == ["adopt"]


def test_a_setting_of_the_catalog_that_differs_is_changed() -> None:
    different = {**KEYED.configs(SETTINGS), "retention.ms": "1"}

    (change,) = plan([KEYED], {KEYED.name: existing(KEYED, configs=different, own=different)}, KNOWN, SETTINGS)

    assert (change.kind, change.detail) == ("configure", "retention.ms 1 -> 86400000")


def test_an_operators_own_setting_survives_and_a_stale_one_of_ours_does_not() -> None:
    own = {**KEYLESS.configs(SETTINGS), "flush.ms": "5", "segment.ms": "7"}

    assert kinds(KEYLESS, existing(KEYLESS, own=own)) == ["configure"]
    assert new_configs(KEYLESS, existing(KEYLESS, own=own), SETTINGS) == {**KEYLESS.configs(SETTINGS), "flush.ms": "5"}


def test_another_number_of_copies_is_a_persons_problem() -> None:
    assert kinds(KEYED, existing(KEYED, replication=3)) == ["problem"]
