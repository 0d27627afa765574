from pathlib import Path

import pytest

from schemas.registry import registry
from topics.bus.manifest import OnFailure, load_manifest
from topics.errors import Misconfigured

GOOD = """
about: Keeps boards.
engine: batch
reads: [boards.ops]
stores: [postgres]
on_failure:
  attempts: 7
  backoff: 200ms
  backoff_max: 30s
  dead_letter_limit: {consecutive: 5, ratio: 0.2, window: 50}
lag_alert_seconds: 5
"""


def folder(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "board_store"
    path.mkdir()
    (path / "consumer.yaml").write_text(text, encoding="utf-8")
    return path


def test_a_manifest_is_named_after_its_folder(tmp_path: Path) -> None:
    manifest = load_manifest(folder(tmp_path, GOOD))

    assert (manifest.name, manifest.dead_letters) == ("board_store", "board_store.dlq")
    assert (manifest.on_failure.attempts, manifest.on_failure.backoff) == (7, 0.2)
    assert manifest.on_failure.dead_letter_limit.window == 50
    assert manifest.lag_alert_seconds == 5.0


def test_what_it_leaves_out_has_safe_defaults(tmp_path: Path) -> None:
    manifest = load_manifest(folder(tmp_path, "about: x\nengine: each\nreads: [boards.facts]\n"))

    assert manifest.on_failure.attempts > 1
    assert manifest.on_failure.dead_letter_limit.consecutive >= 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD + "speed: fast\n", "speed: Extra inputs"),
        (
            GOOD.replace("engine: batch", "engine: magic"),
            "engine: Input should be 'each', 'batch', 'decide' or 'window'",
        ),
        (GOOD.replace("[boards.ops]", "[]"), "reads: Tuple should have at least 1 item"),
        (GOOD.replace("[boards.ops]", "[boards.nothing]"), "reads: there is no topic boards.nothing"),
        (GOOD.replace("attempts: 7", "attempts: 0"), "on_failure.attempts"),
        (GOOD.replace("200ms", "soon"), "on_failure.backoff: .*a time such as"),
        (GOOD.replace("[postgres]", "[floppy]"), "stores.0"),
        ("- a list", "must be a mapping"),
        (GOOD.replace("attempts: 7", "retry: {attempts: 1}"), "on_failure.retry.attempts"),
        (GOOD.replace("attempts: 7", "retry: {}").replace("batch", "decide"), "engine decide keeps an order"),
        ("name: other\n" + GOOD, "name"),
    ],
)
def test_what_is_wrong_is_named_with_the_file_and_the_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(Misconfigured, match=rf"board_store/consumer\.yaml: [\s\S]*{complaint}"):
        load_manifest(folder(tmp_path, text))


def test_a_retry_topic_is_named_after_its_consumer_and_only_where_it_is_asked_for(tmp_path: Path) -> None:
    manifest = load_manifest(folder(tmp_path, GOOD.replace("attempts: 7", "retry: {backoff: 2s, backoff_max: 1h}")))

    assert manifest.retries == "board_store.retry"
    assert manifest.on_failure.retry is not None
    assert manifest.on_failure.retry.backoff_max == 3600
    assert manifest.model_copy(update={"on_failure": OnFailure()}).retries is None


def test_a_folder_without_a_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        load_manifest(tmp_path / "nobody")


def test_rooms_stands_for_every_topic_whose_types_go_to_rooms(tmp_path: Path) -> None:
    manifest = load_manifest(folder(tmp_path, GOOD.replace("[boards.ops]", "[rooms]")))

    assert set(manifest.reads) == {mt.topic for mt in registry().types() if mt.rooms}
    assert "boards.ops" in manifest.reads


def test_facts_of_workspaces_stands_for_every_topic_with_facts_that_belong_to_one(tmp_path: Path) -> None:
    manifest = load_manifest(folder(tmp_path, GOOD.replace("[boards.ops]", "[facts_of_workspaces]")))

    assert set(manifest.reads) >= {"boards.facts", "workspaces.facts", "webhooks.facts"}
    assert not {"identity.facts", "boards.ops", "boards.actions"} & set(manifest.reads)
