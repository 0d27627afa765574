"""Whether what was found is what was said."""

import pytest

from consumers.file_checker.handler import (
    Found,
    Reason,
    Spent,
    Told,
    bytes_refused,
    content_refused,
    settled,
    wanted,
)
from schemas import codec
from schemas.registry import registry

TOLD = Told("01980c5e-0005-7a10-8f2e-3c4d5e6f7081", "01980c5e-0031-7a10-8f2e-3c4d5e6f7081", "image/png", 100, "ab" * 32)
BROKEN = Reason("/mime", "is a picture that is cut off or broken")


@pytest.mark.parametrize(
    ("size", "sha256", "path"),
    [
        (None, None, "/size"),
        (99, TOLD.sha256, "/size"),
        (101, None, "/size"),
        (100, "cd" * 32, "/sha256"),
        (100, TOLD.sha256, None),
    ],
)
def test_bytes_are_those_that_were_told_or_the_path_says_what_is_not(
    size: int | None, sha256: str | None, path: str | None
) -> None:
    reason = bytes_refused(TOLD, size, sha256)

    assert (None if reason is None else reason.path) == path


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (Found("image/png", 8, 8, b"webp"), None),
        (Found("image/gif", 8, 8, b"webp"), "/mime"),
        (Found("image/gif", wrong=Reason("/size", "is too large a picture")), "/mime"),
        (Found("image/png", wrong=Reason("/size", "is too large a picture")), "/size"),
        (Found("image/png", wrong=BROKEN), "/mime"),
        (Found(None, wrong=Reason("/size", "takes too much time")), "/size"),
        (Found(None), "/mime"),
    ],
)
def test_content_of_another_type_comes_before_what_is_wrong_inside_it(found: Found, path: str | None) -> None:
    reason = content_refused(TOLD, found)

    assert (None if reason is None else reason.path) == path


@pytest.mark.parametrize(
    ("reason", "found"), [(None, Found("image/png", 8, 9, b"webp")), (BROKEN, Found("image/png")), (BROKEN, None)]
)
def test_a_finding_is_as_its_schema_says_and_a_refused_file_has_no_size(
    reason: Reason | None, found: Found | None
) -> None:
    data = settled(TOLD, reason, found)

    codec.validate(registry().get("files.settle_file"), data)
    assert (data["width"], data["thumbnail"]) == ((8, True) if reason is None else (None, False))


def test_what_each_fact_means_for_the_bytes() -> None:
    found = {mt.name: wanted(mt.name, mt.examples[0]) for mt in registry().of_topic("files.facts")}

    assert isinstance(found.pop("files.file_uploaded"), Told)
    assert {name: want.everything for name, want in found.items() if isinstance(want, Spent)} == {
        "files.file_ready": False,
        "files.file_rejected": True,
        "files.file_deleted": True,
    }
