"""Elements: what the schema and the rules beside it refuse, together."""

import copy
from collections.abc import Iterable

import pytest

from schemas import codec
from schemas.boards.links import dangerous, embed_host
from schemas.boards.merge import Element
from schemas.boards.rules import CLIENT_VERSION_LIMIT, ELEMENT_BYTES, check_elements, sizes
from schemas.problems import DataInvalid
from schemas.registry import registry
from schemas.schema_files import read

SAMPLES = {sample["id"]: sample for sample in read()["boards/element.v1.json"]["examples"]}
RECTANGLE = next(sample for sample in SAMPLES.values() if sample["type"] == "rectangle")
EMBED = next(sample for sample in SAMPLES.values() if sample["type"] == "embeddable")
BOARD = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
HOSTS = ("youtube.com", "*.example.org", "Player.Vimeo.com")

SAFE_LINKS = [
    "",
    "https://example.org/a?b=c#d",
    "HTTP://example.org",
    "mailto:anna@example.org",
    "tel:+49-30-123",
    "/boards/42",
    "/l#TOKEN",
    "#section",
    "example.org",
    "example.org:8080/x",
    "localhost:3000",
    "just some words",
    "R&B playlist",
    "a/b?next=javascript:alert(1)",
    "https://example.org/?u=//other.example",
    "https://example.org/%2F%2Fother",
    "50% off",
]
DANGEROUS_LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\u200bscript:alert(1)",
    "\x01javascript:alert(1)",
    "\u00a0javascript:alert(1)",
    "java&#x73;cript:alert(1)",
    "&#106;avascript:alert(1)",
    "&#0000106avascript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "javascript&#x3A;alert(1)",
    "java&Tab;script:alert(1)",
    "&amp;#106;avascript:alert(1)",
    "javascript%3Aalert(1)",
    "%6Aavascript:alert(1)",
    "data:text/html,<script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.org/x",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/&#47;evil.example",
    "/&sol;evil.example",
    "/&#x2f;evil.example",
    "/&amp;#47;evil.example",
    "/%2Fevil.example",
    "/%5Cevil.example",
    "/\t/evil.example",
    "&#47;&#47;evil.example",
    "&bsol;&bsol;evil.example",
    "ftp://example.org",
    "web+x:y",
]


def refused(**changes: object) -> list[str]:
    """The paths at which a drawing of one changed element is refused; [] when it is accepted."""
    return drawn([{**changes.pop("of", RECTANGLE), **changes}])


def drawn(elements: list[Element], hosts: Iterable[str] = HOSTS) -> list[str]:
    draw = registry().get("boards.draw")
    try:
        codec.validate_from_client(draw, {"board_id": BOARD, "elements": elements})
    except DataInvalid as error:
        return [problem.path for problem in error.problems]
    return [problem.path for problem in check_elements(elements, hosts)]


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: f"{sample['type']}-{sample['id'][:4]}")
def test_what_the_editor_emits_is_accepted(sample: Element) -> None:
    assert drawn([sample], ["example.org"]) == []


@pytest.mark.parametrize("link", SAFE_LINKS)
def test_a_harmless_link_is_accepted(link: str) -> None:
    assert refused(link=link) == []


@pytest.mark.parametrize("link", DANGEROUS_LINKS)
def test_a_dangerous_link_is_refused(link: str) -> None:
    assert refused(link=link) == ["/elements/0/link"]


@pytest.mark.parametrize("link", DANGEROUS_LINKS)
def test_the_rule_for_links_does_not_lean_on_the_schema(link: str) -> None:
    assert dangerous(link)


def test_a_link_encoded_many_times_is_refused() -> None:
    assert dangerous("/&" + "amp;" * 40 + "#47;evil.example")


@pytest.mark.parametrize(
    "link",
    [
        "https://youtube.com/embed/x",
        "youtube.com/embed/x",
        "https://YOUTUBE.com/x",
        "https://youtube.com:8443/x",
        "https://someone@youtube.com/x",
        "https://ｙoutube.com/x",
        "https://youtu%62e.com/x",
        "https://a.example.org",
        "https://a.b.example.org/x",
        "https://player.vimeo.com/video/1",
        "",
    ],
)
def test_an_embed_of_a_listed_host_is_accepted(link: str) -> None:
    assert refused(of=EMBED, link=link) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x",
        "evil.example",
        "https://youtube.com.evil.example/x",
        "https://notyoutube.com",
        "https://example.org",
        "https://notexample.org",
        "https://youtube.com@evil.example/x",
        "https://youtube.com%40evil.example",
        "https://evil.example#youtube.com",
        "https://evil.example?youtube.com",
        "https://evil.example\\@youtube.com",
        "https:///evil.example/youtube.com",
        "https://www.youtube.com",
        "https://youtube.com./x",
        "https://2130706433/x",
        "https://[::1]/x",
        "http://youtube.com/x",
        "//youtube.com/x",
        "data:text/html,x",
        "https://",
    ],
)
def test_an_embed_of_another_host_is_refused(link: str) -> None:
    assert refused(of=EMBED, link=link) == ["/elements/0/link"]


def test_an_embed_may_be_deleted_after_its_host_left_the_list() -> None:
    assert refused(of=EMBED, link="https://evil.example/x", isDeleted=True) == []


def test_an_element_of_another_type_may_link_to_any_host() -> None:
    assert refused(link="https://evil.example/x") == []


def test_the_host_is_the_one_a_browser_would_ask() -> None:
    assert embed_host("https://%65vil.example") == "evil.example"
    assert embed_host("ftp://example.org") is None
    assert embed_host("not a host") is None


def test_an_id_twice_in_one_op_is_refused_at_its_second_place() -> None:
    other = {**RECTANGLE, "id": "other"}

    assert drawn([RECTANGLE, other, RECTANGLE]) == ["/elements/2/id"]


def test_a_client_may_use_versions_up_to_two_to_the_thirty() -> None:
    assert refused(version=CLIENT_VERSION_LIMIT) == []
    assert refused(version=CLIENT_VERSION_LIMIT + 1) == ["/elements/0/version"]


def test_the_schema_itself_admits_the_versions_of_the_server() -> None:
    draw = registry().get("boards.draw")
    repaired = {"board_id": BOARD, "elements": [{**RECTANGLE, "version": 2**31 - 1}]}

    codec.validate(draw, repaired)
    with pytest.raises(DataInvalid):
        codec.validate(draw, {"board_id": BOARD, "elements": [{**RECTANGLE, "version": 2**31}]})


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), 1e8])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    assert refused(x=number) == ["/elements/0/x"]


def test_text_of_fifty_thousand_characters_is_the_longest() -> None:
    text = next(sample for sample in SAMPLES.values() if sample["type"] == "text")

    assert refused(of=text, text="я" * 50_000) == []
    assert refused(of=text, text="я" * 50_001) == ["/elements/0/text"]


@pytest.mark.parametrize("type_", ["iframe", "magicframe", "selection"])
def test_a_type_that_runs_markup_is_refused(type_: str) -> None:
    assert "/elements/0/type" in refused(type=type_)


def test_custom_data_is_any_json() -> None:
    anything = {"list": [1, [None, {"deep": {"er": "x"}}]], "unicode \u2028": 1.5}

    assert refused(customData=anything) == []
    assert refused(customData={"constructor": 1}) == ["/elements/0/customData/constructor"]


def test_a_broken_field_hides_no_unknown_one_and_accuses_no_known_one() -> None:
    text = next(sample for sample in SAMPLES.values() if sample["type"] == "text")

    assert sorted(refused(of=text, fontSize="big", zap=1)) == ["/elements/0/fontSize", "/elements/0/zap"]


def test_a_thousand_broken_elements_are_told_by_the_first() -> None:
    broken = [
        {**RECTANGLE, "id": f"e{index}", **({"x": "left", "zap": 1} if index > 700 else {})} for index in range(1000)
    ]

    assert sorted(drawn(broken)) == ["/elements/701/x", "/elements/701/zap"]


def test_an_op_has_between_one_and_a_thousand_elements() -> None:
    many = [{**RECTANGLE, "id": f"e{index}"} for index in range(1001)]

    assert drawn([]) == ["/elements"]
    assert drawn(many[:1000]) == []
    assert drawn(many) == ["/elements"]


def test_an_element_over_its_limit_is_too_large_with_its_path() -> None:
    small = copy.deepcopy(RECTANGLE)
    large = {**RECTANGLE, "customData": {"x": "я" * (ELEMENT_BYTES // 2)}}

    assert [problem.path for problem in sizes([small, large, small])] == ["/elements/1"]
    assert sizes([small]) == []
