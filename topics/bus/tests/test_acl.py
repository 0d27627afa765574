from pathlib import Path

import pytest

from consumers.discovery import manifests
from topics.bus.acl import Rule, compare, guarded, principal, rules
from topics.bus.catalog import catalog
from topics.bus.manifest import Manifest
from topics.errors import Misconfigured

MANIFESTS = manifests()
DERIVED = rules(MANIFESTS.values(), catalog())
CLOSED = guarded(catalog())


def may(name: str, operation: str, kind: str = "topic") -> set[str]:
    return {
        each.name
        for each in DERIVED
        if (each.principal, each.operation, each.kind) == (principal(name), operation, kind)
    }


def test_only_edges_write_ops() -> None:
    assert {"boards.ops", "activity.facts"} == CLOSED
    for topic in CLOSED:
        writers = {each.principal for each in DERIVED if each.operation == "write" and each.covers("topic", topic)}
        assert writers == {"User:doska-edge"}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_consumer_may_do_what_its_manifest_says_and_nothing_else(name: str) -> None:
    manifest = MANIFESTS[name]

    retries = {manifest.retries} - {None}
    assert may(name, "read") == {*manifest.reads, "platform.topics", *retries}
    assert may(name, "write") == {*manifest.writes, f"{name}.dlq", *retries}
    assert may(name, "read", "group") == {name, *retries}
    assert {each.operation for each in DERIVED if each.principal == principal(name)} == {
        "read",
        "write",
        *({"describeconfigs"} if manifest.engine == "window" else ()),
    }


def test_an_edge_asks_and_tells_and_decides_nothing() -> None:
    assert may("edge", "write") == {
        "identity.actions",
        "workspaces.actions",
        "boards.actions",
        "comments.actions",
        "boards.ops",
        "activity.facts",
        "files.actions",
        "webhooks.actions",
        "presence.moves",
    }
    assert may("edge", "read") == {
        "identity.facts",
        "workspaces.facts",
        "boards.facts",
        "comments.facts",
        "files.facts",
        "webhooks.facts",
        "platform.facts",
        "platform.replies",
        "platform.topics",
    }
    assert may("edge", "read", "group") == set()


def test_operators_write_facts_only_where_a_dead_letter_of_theirs_goes_back(tmp_path: Path) -> None:
    kept_in_order = {topic for each in MANIFESTS.values() if not each.retries for topic in each.reads}
    facts = {name for name, each in catalog().items() if each.carries == "fact"}

    assert may("jobs", "write") & facts == (kept_in_order & facts) | {"platform.facts"}
    assert {f"{name}.retry" for name, each in MANIFESTS.items() if each.retries} <= may("jobs", "write")

    reads = "reads: [files.facts]\n"
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "consumer.yaml").write_text(
        f"about: Tries again.\nengine: batch\n{reads}on_failure: {{retry: {{}}}}\n"
    )
    alone = rules(manifests(tmp_path).values(), catalog())
    writes = {each.name for each in alone if (each.principal, each.operation) == ("User:doska-jobs", "write")}
    assert writes & facts == {"platform.facts"}
    assert "one.retry" in writes


def test_a_new_folder_has_its_rules_without_anybody_writing_them(tmp_path: Path) -> None:
    (tmp_path / "counter").mkdir()
    (tmp_path / "counter" / "consumer.yaml").write_text("about: Counts.\nengine: batch\nreads: [boards.facts]\n")

    new = rules([*MANIFESTS.values(), *manifests(tmp_path).values()], catalog()) - DERIVED

    who = {each for each in new if each.principal == "User:doska-counter"}
    assert who == {
        Rule("User:doska-counter", "topic", "boards.facts", "read"),
        Rule("User:doska-counter", "topic", "platform.topics", "read"),
        Rule("User:doska-counter", "topic", "counter.dlq", "write"),
        Rule("User:doska-counter", "group", "counter", "read"),
    }
    # And the process of all consumers, and the operator who looks at its dead letters.
    assert {each.principal for each in new} == {"User:doska-counter", "User:doska-consumers", "User:doska-jobs"}


def test_a_retry_topic_brings_its_rules_along() -> None:
    exporter = Manifest(name="exporter", about="x", engine="each", reads=("boards.facts",), on_failure={"retry": {}})

    who = {each for each in rules([exporter], catalog()) if each.principal == "User:doska-exporter"}
    assert {(each.kind, each.operation) for each in who if each.name == "exporter.retry"} == {
        ("topic", "read"),
        ("topic", "write"),
        ("group", "read"),
    }


def test_a_manifest_that_writes_ops_is_refused() -> None:
    bad = Manifest(name="cheat", about="x", engine="batch", reads=("boards.facts",), writes=("boards.ops",))

    with pytest.raises(Misconfigured, match=r"cheat.*only an edge writes boards\.ops"):
        rules([bad], catalog())


@pytest.mark.parametrize("name", ["edge", "jobs", "consumers"])
def test_a_consumer_cannot_take_the_name_of_another_user(name: str) -> None:
    with pytest.raises(Misconfigured, match="rename it"):
        rules([Manifest(name=name, about="x", engine="batch", reads=("boards.facts",))], catalog())


def test_what_is_as_it_should_be_needs_nothing() -> None:
    assert compare(DERIVED, DERIVED, CLOSED) == []


def test_a_missing_rule_is_made_before_a_rule_too_many_is_removed() -> None:
    missing, old = min(DERIVED), Rule(principal("board_store"), "topic", "boards.ops", "write")

    changes = compare(DERIVED, DERIVED - {missing} | {old}, CLOSED)

    assert [(each.kind, each.rule) for each in changes] == [("allow", missing), ("remove", old)]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("User:intruder", "topic", "boards.ops", "write"),
        Rule("User:intruder", "topic", "boards.ops", "all"),
        Rule("User:*", "topic", "*", "write"),
        Rule("User:intruder", "topic", "boards.", "write", pattern="prefixed", host="10.0.0.1"),
    ],
)
def test_somebody_elses_way_past_the_edge_is_a_problem_for_a_person(rule: Rule) -> None:
    (change,) = compare(DERIVED, DERIVED | {rule}, CLOSED)

    assert (change.kind, change.rule) == ("problem", rule)
    assert "boards.ops" in change.detail


@pytest.mark.parametrize(
    "rule",
    [
        Rule("User:metrics", "topic", "boards.ops", "read"),
        Rule("User:metrics", "topic", "board", "write"),
        Rule("User:metrics", "topic", "boards.ops", "write", permission="deny"),
        Rule("User:metrics", "group", "*", "all"),
        Rule("User:doska", "topic", "metrics.", "write", pattern="prefixed"),
    ],
)
def test_other_rules_of_others_are_left_alone(rule: Rule) -> None:
    assert compare(DERIVED, DERIVED | {rule}, CLOSED) == []
