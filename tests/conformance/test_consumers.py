"""What may be relied on with any consumer: found by its folder, so a new one is covered before its first line is changed."""

import pytest

from tests.conformance.bus import by_topic
from tests.conformance.story import Seen

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


def test_nothing_dies_of_any_example(seen: Seen) -> None:
    assert seen.letters == []


def test_what_comes_again_changes_nothing_also_when_it_is_killed_meanwhile(seen: Seen) -> None:
    assert seen.again == seen.first


def test_poison_is_buried_with_its_reason_and_what_follows_is_read(seen: Seen) -> None:
    assert by_topic(seen.poisoned) == dict.fromkeys(seen.manifest.reads, 1)
    for letter in seen.poisoned:
        assert letter["consumer"] == seen.manifest.name
        assert letter["code"] == "malformed"
        assert letter["reason"]
        assert letter["offset"].isdecimal()


def test_its_lag_is_told_for_each_topic_and_comes_to_nothing(seen: Seen) -> None:
    assert seen.lag == seen.no_lag


def test_asked_to_stop_it_ends_well_with_everything_committed(seen: Seen) -> None:
    assert seen.exit_code == 0
    assert list(seen.behind_at_exit) == []


def test_past_its_limit_of_dead_letters_it_stops_and_leaves_the_rest_for_later(seen: Seen) -> None:
    limit = seen.manifest.on_failure.dead_letter_limit

    assert seen.halted.startswith("halted: ")
    assert "dead letters" in seen.halted
    assert seen.buried <= limit.consecutive * len(seen.manifest.reads)
    assert seen.behind_when_halted, "it read past what made it stop"


def test_the_story_would_show_an_effect(seen: Seen, consumer: str) -> None:
    if consumer == "board_store":
        assert seen.first["elements"], "the examples drew nothing: this would prove nothing"
