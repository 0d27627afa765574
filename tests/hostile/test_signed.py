"""A signed address of the object store opens one object in one way for a while, and nothing else by any change of it."""

from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import pytest

from tests.edge.client import Api, register
from tests.edge.samples import png
from tests.edge.test_files import fetched, read, requested, uploaded

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
REFUSED = (400, 403, 405)


def changed(address: SplitResult, **more: str) -> str:
    """The address with other or more parameters, its signature kept."""
    return address._replace(query=urlencode(parse_qs(address.query) | more, doseq=True)).geturl()


def bucket(address: SplitResult) -> str:
    """The path of what holds an object."""
    return "/" + address.path.split("/")[1]


async def test_a_signed_address_opens_nothing_but_what_it_was_signed_for(api: Api) -> None:
    ada = await register(api, "Ada")
    board_id, content, second = await ada.board(), png(), png(20, 10)
    first_id, done = await uploaded(ada.api, board_id, content)
    second_id, also = await uploaded(ada.api, board_id, second)
    assert (done.status, also.status) == (200, 200)
    shown, other = [urlsplit((await read(ada.api, file_id)).headers["Location"]) for file_id in (first_id, second_id)]
    upload = (await requested(ada.api, board_id, png(30, 10)))["upload"]
    asked = urlsplit(upload["url"])
    tries = {
        "an upload read": ("GET", asked.geturl()),
        "an upload deleted": ("DELETE", asked.geturl()),
        "an upload over a file": ("PUT", asked._replace(path=shown.path).geturl()),
        "a file overwritten": ("PUT", shown.geturl()),
        "a file deleted": ("DELETE", shown.geturl()),
        "another file": ("GET", other._replace(query=shown.query).geturl()),
        "for a week": ("GET", changed(shown, **{"X-Amz-Expires": "604800"})),
        "as a page": ("GET", changed(shown, **{"response-content-type": "text/html"})),
        "unsigned": ("GET", shown._replace(query="").geturl()),
        "who may": ("GET", changed(shown, acl="")),
        "a list": ("GET", shown._replace(path=bucket(shown), query="list-type=2").geturl()),
        "a list by a signature": ("GET", shown._replace(path=bucket(shown)).geturl()),
        "all buckets": ("GET", shown._replace(path="/", query="").geturl()),
    }

    answers = {}
    for name, (method, url) in tries.items():
        headers = upload["headers"] if method == "PUT" else {}
        async with api.http.request(method, url, headers=headers, data=b"planted" if headers else None) as answer:
            answers[name] = (answer.status, content in await answer.read())

    assert {name: told for name, told in answers.items() if told[0] not in REFUSED or told[1]} == {}
    for file_id, kept in ((first_id, content), (second_id, second)):
        assert (await fetched(ada.api, await read(ada.api, file_id))).body == kept
