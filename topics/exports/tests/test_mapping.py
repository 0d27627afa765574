import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from consumers import discovery
from schemas.ids import new_id
from schemas.registry import registry
from tests.destinations.facts import Census, created, fact, registered
from topics.bus.manifest import load_manifest
from topics.errors import Misconfigured
from topics.exports.checking import checked_mapping
from topics.exports.mapped import concerned, leaves, mapped
from topics.exports.mapping import Mapping

READS = ("identity.facts", "workspaces.facts", "boards.facts")
GOOD: dict[str, Any] = {
    "about": "A test.",
    "identity": [{"envelope": "actor"}, "/user_id"],
    "nobody": "send",
    "others": "drop",
    "properties": {"workspace": {"envelope": "workspace"}, "source": {"value": "doska"}},
    "events": {"boards.board_created": {"name": "Board created", "properties": {"board": "/board_id"}}},
    "drop": ["identity.session_rotated"],
    "profile": {
        "set_after": ["identity.user_registered", "identity.consent_withdrawn"],
        "delete_after": ["identity.user_erased"],
        "properties": {
            "language": {"person": "/locale"},
            "$email": {"person": "/email", "pii": "with_consent"},
        },
    },
}


def written(folder: Path, content: Any) -> Path:
    file = folder / "mapping.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


def changed(path: str, value: Any) -> dict[str, Any]:
    content = copy.deepcopy(GOOD)
    *steps, last = path.split("|")
    place = content
    for step in steps:
        place = place[step]
    place[last] = value
    return content


def rules(content: dict[str, Any] = GOOD) -> Mapping:
    return Mapping(**content)


def test_a_good_mapping_passes(tmp_path: Path) -> None:
    assert checked_mapping(written(tmp_path, GOOD), registry(), READS).events["boards.board_created"].name


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("colour", "red", "colour: Extra inputs"),
        ("events|boards.board_created|colour", "red", r"events\.boards\.board_created\.colour: Extra inputs"),
        ("events|boards.board_painted", {"name": "x"}, r"events\.boards\.board_painted: there is no type"),
        ("events|boards.draw", {"name": "x"}, r"events\.boards\.draw: boards\.draw is no fact on"),
        ("events|boards.create_board", {"name": "x"}, "is no fact on"),
        (
            "events|boards.board_created|properties|board",
            "/board_idd",
            r"properties\.board: /board_idd: there is no such field in boards\.board_created/1",
        ),
        ("events|boards.board_created|properties|board", "board_id", "String should match pattern"),
        ("events|boards.board_created|properties|board", {"fact": "/a", "value": 1}, "exactly one of"),
        ("events|boards.board_created|properties|board", {"envelope": "colour"}, "envelope: Input should be"),
        ("drop", ["boards.board_created"], r"drop\.0: boards\.board_created is under events as well"),
        ("drop", ["boards.nothing"], "there is no type boards.nothing"),
        ("properties|title", "/title", r"properties\.title: /title points into a fact, and this stands for"),
        ("profile|properties|$email", {"person": "/email"}, "is personal: it leaves only with `pii: with_consent`"),
        ("profile|properties|language", {"person": "/locale", "pii": "with_consent"}, "is not personal"),
        ("profile|properties|shoe", {"person": "/shoe_size"}, "there is no such field in identity.person/1"),
        ("profile|set_after", ["identity.user_appeared"], r"profile\.set_after\.0: there is no type"),
        ("identity", [{"person": "/email", "pii": "with_consent"}], "who did it is in the fact"),
        ("identity", ["/nobody_has_this"], "no fact has /nobody_has_this"),
        ("others", "maybe", "others: Input should be 'send' or 'drop'"),
        ("properties|x", {"value": "y", "pii": "with_consent"}, "there is nothing personal in it"),
    ],
)
def test_what_is_wrong_is_named_with_the_file_and_the_place(
    tmp_path: Path, path: str, value: Any, complaint: str
) -> None:
    with pytest.raises(Misconfigured, match=rf"mapping\.yaml: [\s\S]*{complaint}"):
        checked_mapping(written(tmp_path, changed(path, value)), registry(), READS)


def test_a_type_on_a_topic_that_the_consumer_does_not_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"boards\.board_created is no fact on identity\.facts"):
        checked_mapping(written(tmp_path, GOOD), registry(), ("identity.facts",))


def test_what_an_edge_takes_without_a_decision_leaves_like_a_fact_and_what_travels_in_another_record_does_not(
    tmp_path: Path,
) -> None:
    view = {"name": "Page viewed", "properties": {"page": "/page"}}
    seen, stroke = changed("events|activity.page_viewed", view), changed("events|boards.draw", {"name": "Drew"})

    found = checked_mapping(written(tmp_path, seen), registry(), (*READS, "activity.facts"))

    assert leaves(found, fact("activity.page_viewed"))
    assert mapped(found, fact("activity.page_viewed"), {}).properties == {"source": "doska", "page": "board"}
    with pytest.raises(Misconfigured, match=r"boards\.draw is no fact on"):
        checked_mapping(written(tmp_path, stroke), registry(), (*READS, "boards.ops"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        checked_mapping(tmp_path / "none.yaml", registry(), READS)


@pytest.mark.parametrize("name", ["mixpanel_export", "carrot_quest_export"])
def test_our_own_mappings_fit_our_schemas_and_name_nobody(name: str) -> None:
    folder = discovery.FOLDER / name
    mapping = checked_mapping(folder / "mapping.yaml", registry(), load_manifest(folder).reads)

    titles = [each for event in mapping.events.values() for each in event.properties.values() if each.fact == "/title"]
    assert titles == []
    personal = {each.person for each in (mapping.profile.properties if mapping.profile else {}).values() if each.pii}
    assert personal == {"/name", "/email"}


async def test_an_event_has_the_id_the_time_and_the_person_of_its_fact() -> None:
    user_id, census = new_id(), Census()
    message = created(user_id)

    found = mapped(rules(), message, await census.find([user_id]))

    assert (found.fact_id, found.user_id, found.name) == (message.envelope.id, user_id, "Board created")
    assert found.properties == {"source": "doska", "board": message.data["board_id"]}
    assert found.profile is None


async def test_what_is_personal_leaves_with_consent_only_and_is_forgotten_without() -> None:
    user_id, census = new_id(), Census()
    census.register(user_id)
    silent = mapped(rules(), registered(user_id), await census.find([user_id])).profile
    census.register(user_id, "marketing")
    other = mapped(rules(), registered(user_id), await census.find([user_id])).profile
    census.register(user_id, "analytics")
    open_ = mapped(rules(), registered(user_id), await census.find([user_id])).profile

    assert silent == other
    assert silent is not None
    assert (silent.set, silent.forget) == ({"language": "ru"}, ("$email",))
    assert open_ is not None
    assert (open_.set, open_.forget) == ({"language": "ru", "$email": "anna@example.org"}, ())


async def test_somebody_who_is_gone_leaves_nothing() -> None:
    erased = mapped(rules(), fact("identity.user_erased", user_id=new_id()), {}).profile
    unknown = mapped(rules(), registered(new_id()), {}).profile

    assert erased is not None
    assert erased.delete
    assert unknown is not None
    assert (unknown.set, unknown.forget) == ({}, ("$email",))


def test_nobody_is_looked_up_for_what_a_fact_says_itself() -> None:
    anna, boris = new_id(), new_id()
    named = changed("events|boards.board_created|properties|by", {"person": "/name", "pii": "with_consent"})

    assert concerned(rules(), [created(anna), registered(boris), fact("boards.board_renamed", anna)]) == {boris}
    assert concerned(rules(named), [created(anna), created(None)]) == {anna}


def test_what_leaves_is_what_the_mapping_says() -> None:
    rotated = fact("identity.session_rotated")
    renamed = fact("boards.board_renamed")

    assert leaves(rules(), created(None))
    assert not leaves(rules(changed("nobody", "drop")), created(None))
    assert not leaves(rules(), rotated)
    assert not leaves(rules(), renamed)
    assert leaves(rules(changed("others", "send")), renamed)
    assert mapped(rules(changed("others", "send")), renamed, {}).name == renamed.type.title
    assert not leaves(rules(changed("others", "send")), rotated), "what is dropped by name stays"
