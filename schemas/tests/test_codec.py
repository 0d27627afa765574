"""Validation: closed on produce, open on read, without the edge's fields from a client; paths and words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas import codec
from schemas.problems import DataInvalid, Problem
from schemas.registry import MessageType, registry

ID = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
CREATE = registry().get("boards.create_board")
LINK = registry().get("boards.create_link")
SEALED = {"kid": "k1", "nonce": "AAECAwQFBgcICQoL", "ct": "c2VhbGVkIGluIHRoZSBleGFtcGxl"}


def told(check: Callable[[MessageType, Any], None], mt: MessageType, data: Any) -> dict[str, str]:
    with pytest.raises(DataInvalid) as caught:
        check(mt, data)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_a_missing_property_has_the_path_it_would_have() -> None:
    assert told(codec.validate, CREATE, {"board_id": ID}) == {"/title": "is missing"}


def test_an_unknown_property_has_its_own_path() -> None:
    assert told(codec.validate, CREATE, {"board_id": ID, "title": "x", "a/b~c": 1, "zap": 2}) == {
        "/a~1b~0c": "is not a known property",
        "/zap": "is not a known property",
    }


@pytest.mark.parametrize(
    ("title", "message"),
    [
        (7, "must be text"),
        (None, "must be text"),
        ("", "must not be empty"),
        ("x" * 201, "must have at most 200 characters"),
        ("a\x00b", "is not a valid title of a board"),
    ],
)
def test_a_problem_is_told_in_plain_words(title: object, message: str) -> None:
    assert told(codec.validate, CREATE, {"board_id": ID, "title": title}) == {"/title": message}


def test_words_never_repeat_the_data() -> None:
    secret = "correct horse battery staple"

    for data in ({"board_id": secret, "title": [secret]}, {"board_id": ID, "title": secret * 20}, [secret], secret):
        assert secret not in json.dumps(told(codec.validate, CREATE, data))


def test_characters_are_code_points() -> None:
    codec.validate(CREATE, {"board_id": ID, "title": "😀" * 200})

    assert told(codec.validate, CREATE, {"board_id": ID, "title": "😀" * 201}).keys() == {"/title"}


def test_several_problems_are_told_at_once() -> None:
    assert told(codec.validate, LINK, {"board_id": "x", "link_id": ID, "role": "king", "zap": 1}) == {
        "/board_id": "is not a valid id",
        "/role": "must be one of: editor, commenter, viewer",
        "/zap": "is not a known property",
    }


def test_of_alternatives_the_one_meant_is_explained() -> None:
    link_created = registry().get("boards.link_created")
    data = link_created.examples[0]

    assert told(codec.validate, link_created, data | {"expires_at": "x"}) == {"/expires_at": "is not a valid time"}
    assert told(codec.validate, link_created, data | {"expires_at": 5}) == {"/expires_at": "must be text or null"}


def test_the_edge_s_own_fields_are_refused_from_a_client() -> None:
    codec.validate_from_client(CREATE, {"title": "x"})

    assert told(codec.validate_from_client, CREATE, {"title": "x", "board_id": ID, "hidden": True}) == {
        "/board_id": "is not a known property",
        "/hidden": "is not a known property",
    }


def test_a_secret_is_clear_from_a_client_and_sealed_in_the_log() -> None:
    said = {"board_id": ID, "role": "viewer"}
    kept = said | {"link_id": ID}

    codec.validate_from_client(LINK, said | {"password": "sesame"})
    codec.validate(LINK, kept | {"password": SEALED})
    codec.validate_on_read(LINK, kept | {"password": SEALED})
    assert told(codec.validate_from_client, LINK, said | {"password": SEALED}) == {"/password": "must be text"}
    assert told(codec.validate, LINK, kept | {"password": "sesame"}) == {"/password": "must be an object"}
    assert told(codec.validate_from_client, LINK, said | {"password": ""}) == {"/password": "must not be empty"}


def test_a_reader_passes_over_what_a_newer_release_added() -> None:
    newer = {"board_id": ID, "title": "x", "colour": "red"}

    codec.validate_on_read(CREATE, newer)
    assert told(codec.validate_on_read, CREATE, newer | {"title": 1}) == {"/title": "must be text"}
    assert told(codec.validate, CREATE, newer) == {"/colour": "is not a known property"}


def test_a_reader_is_open_deep_inside_too() -> None:
    record = registry().get("boards.ops_record")
    data = json.loads(json.dumps(record.examples[0]))
    data["ops"][0]["via"] = "somewhere"
    data["ops"][0]["data"]["elements"][0]["sparkle"] = True

    codec.validate_on_read(record, data)


def test_a_rejected_answer_gives_its_reason() -> None:
    answer = registry().get("platform.answer")

    assert told(codec.validate, answer, {"action_id": ID, "status": "rejected", "facts": []}) == {
        "/code": "is missing",
        "/detail": "is missing",
    }


@pytest.mark.parametrize("end", ["2031-02-28T23:59:59Z", "2031-02-28T00:00:00.123456789Z"])
def test_a_time_is_utc(end: str) -> None:
    codec.validate_from_client(LINK, {"board_id": ID, "role": "viewer", "expires_at": end})


@pytest.mark.parametrize(
    "end",
    [
        "2031-02-30T00:00:00Z",
        "2031-02-03",
        "2031-02-03T00:00:00",
        "2031-02-03T00:00:00z",
        "2031-02-03T25:00:00Z",
        "0000-01-01T00:00:00Z",
        "2031-02-03T00:00:60Z",
        "2031-02-03T00:00:00Z\n",
        "٢031-02-03T00:00:00Z",
    ],
)
def test_a_time_that_is_none_is_refused(end: str) -> None:
    data = {"board_id": ID, "role": "viewer", "expires_at": end}

    assert told(codec.validate_from_client, LINK, data) == {"/expires_at": "is not a valid time"}


@pytest.mark.parametrize(
    "id_", ["", ID.upper(), ID + "\n", ID.replace("7a10", "4a10"), ID.replace("-", ""), f"{{{ID}}}"]
)
def test_an_id_has_one_form(id_: str) -> None:
    assert told(codec.validate, CREATE, {"board_id": id_, "title": "x"}).keys() == {"/board_id"}


@pytest.mark.parametrize(
    "email",
    ["a@b.co", "Anna.Müller+x@mail.example.org", "анна@почта.рф", "o'neil@example.org", "x@1.2.example.co-op.io"],
)
def test_an_email_address(email: str) -> None:
    person = registry().get("identity.person")

    codec.validate(person, person.examples[0] | {"email": email})


@pytest.mark.parametrize(
    "email",
    [
        "",
        "anna",
        "@example.org",
        "anna@",
        "anna@example",
        "a b@example.org",
        "anna@exa mple.org",
        "anna@@example.org",
        "anna@.org",
        "anna@example..org",
        "anna@example.org\n",
        "<anna@example.org>",
        "a@b.c,d@e.f",
        "x" * 65 + "@example.org",
        "a@" + "x." * 130 + "org",
        "anna@example.org\u0000",
    ],
)
def test_what_is_no_email_address(email: str) -> None:
    person = registry().get("identity.person")

    assert told(codec.validate, person, person.examples[0] | {"email": email}).keys() == {"/email"}


@pytest.mark.parametrize("data", [None, [], "x", 1, True])
def test_data_that_is_no_object(data: Any) -> None:
    assert told(codec.validate, CREATE, data) == {"": "must be an object"}


def test_what_is_no_json_has_its_path() -> None:
    surrogate = told(codec.validate, CREATE, {"board_id": ID, "title": "\ud800"})
    foreign = told(codec.validate, CREATE, {"board_id": ID, "title": {1}})

    assert surrogate == foreign == {"/title": "cannot be written as JSON"}


def test_bottomless_data_is_refused_and_no_crash() -> None:
    raw = b'{"x":' * 900 + b"1" + b"}" * 900

    assert told(codec.validate, CREATE, codec.decode(raw)).keys() == {""}


def test_what_is_no_json_is_found_in_names_and_under_long_ones() -> None:
    assert told(codec.validate, CREATE, {"board_id": ID, "title": "x", "\ud800": 1}) == {
        "": "cannot be written as JSON"
    }
    assert told(codec.validate, CREATE, {"board_id": ID, "title": "x", "k" * 5000: ["\ud800"]}) == {
        "": "cannot be written as JSON"
    }


def test_a_name_too_long_to_show_is_told_of_its_owner() -> None:
    draw = registry().get("boards.draw")
    element = draw.examples[0]["elements"][0] | {"customData": {"k" * 5000: 1}}
    message = "has a property with a name of more than 200 characters"

    assert told(codec.validate, CREATE, {"board_id": ID, "title": "x", "~" * 201: 1}) == {"": message}
    assert told(codec.validate, draw, {"board_id": ID, "elements": [element]}) == {"/elements/0/customData": message}


def test_a_value_that_is_due_is_written_as_in_json() -> None:
    registered = registry().get("identity.user_registered")

    assert told(codec.validate, registered, registered.examples[0] | {"admin": 1, "revision": 1}) == {
        "/admin": "must be true"
    }


def test_twenty_problems_are_enough() -> None:
    data = {"board_id": ID, "title": "x"} | {f"extra{index}": 1 for index in range(500)}

    with pytest.raises(DataInvalid) as caught:
        codec.validate(CREATE, data)

    assert len(caught.value.problems) == 20


def test_large_data_is_told_by_its_first_problem() -> None:
    """All errors of it would hold a copy of it each: 15,000 bad names took more memory than there is."""
    draw = registry().get("boards.draw")
    element = draw.examples[0]["elements"][0]
    hostile = element | {"x": "left", "customData": {"x" * 70 + str(index): 1 for index in range(500)}}

    assert len(told(codec.validate, draw, {"board_id": ID, "elements": [hostile]})) == 1


def test_the_schemas_of_each_form_are_whole_in_themselves() -> None:
    for schema in (codec.client_schema(LINK), codec.produced_schema(LINK), codec.read_schema(LINK)):
        refs = set(json.dumps(schema).split('"$ref": "')[1:])
        assert all(ref.startswith("#/$defs/") for ref in refs)
    assert codec.client_schema(LINK)["examples"][1]["password"] == "sesame"
    assert "link_id" not in codec.client_schema(LINK)["required"]


def test_bytes_and_back() -> None:
    data = {"title": "Ретро", "n": 1.5, "none": None}

    assert codec.encode(data) == '{"title":"Ретро","n":1.5,"none":null}'.encode()
    assert codec.decode(codec.encode(data)) == data


def test_a_nul_is_refused_with_its_path_and_six_characters_that_look_so_are_not() -> None:
    harmless = rb'{"a": ["\\u0000"]}'
    codec.refuse_nul(harmless, codec.decode(harmless))

    for raw, path in ((rb'{"a": ["x", "\u0000"]}', "/a/1"), (rb'{"a": {"\u0000": 1}}', "/a")):
        with pytest.raises(DataInvalid) as refused:
            codec.refuse_nul(raw, codec.decode(raw))
        assert refused.value.problems == (Problem(path, "holds U+0000"),)


@pytest.mark.parametrize("raw", [b"", b"{", b"NaN", b'{"a":Infinity}', b"\xff", b'"\xed\xa0\x80"'])
def test_bytes_that_are_no_json(raw: bytes) -> None:
    with pytest.raises(DataInvalid, match="is not JSON"):
        codec.decode(raw)


def test_data_that_cannot_be_written() -> None:
    with pytest.raises(DataInvalid, match="cannot be written"):
        codec.encode({"x": "\ud800"})


def test_a_problem_reads_as_a_sentence() -> None:
    assert str(Problem("/title", "is missing")) == "/title is missing"
    assert str(Problem("", "must be an object")) == "the whole must be an object"
