"""The files that are shipped: nothing of other hosts in them, no door for tests, compressed ahead."""

import gzip
from pathlib import Path

import pytest

DIST = Path(__file__).parents[2] / "edge" / "web" / "dist"
OTHER_HOSTS = ("esm.sh", "unpkg.com", "cdn.jsdelivr.net", "fonts.googleapis.com", "fonts.gstatic.com")
LARGEST_FIRST_LOAD = 560_000


@pytest.fixture(scope="module")
def files(client_built: None) -> list[Path]:
    return [path for path in DIST.rglob("*") if path.is_file()]


def code(files: list[Path]) -> list[Path]:
    return [path for path in files if path.suffix in {".js", ".css", ".html"}]


async def test_no_script_or_style_names_a_host_to_load_from(files: list[Path]) -> None:
    assert code(files)
    for path in code(files):
        text = path.read_text()
        for host in OTHER_HOSTS:
            assert host not in text, f"{path.name} names {host}"


async def test_there_is_no_door_for_tests(files: list[Path]) -> None:
    for path in code(files):
        assert "__board" not in path.read_text(), path.name


async def test_pages_hold_no_inline_script(files: list[Path]) -> None:
    page = (DIST / "index.html").read_text()

    for tag in page.split("<script")[1:]:
        assert " src=" in tag.split(">", 1)[0]
    assert " on" + "load=" not in page


async def test_what_is_large_has_its_compressed_twins(files: list[Path]) -> None:
    for path in code(files):
        if path.stat().st_size >= 1024:
            twin = path.with_name(path.name + ".gz")
            assert gzip.decompress(twin.read_bytes()) == path.read_bytes()
            assert path.with_name(path.name + ".br").stat().st_size < path.stat().st_size


async def test_a_first_visit_loads_half_a_megabyte_at_most(files: list[Path]) -> None:
    names = ("index-", "editor-", "react-", "exc-runtime-")
    first = [path for path in files if path.suffix == ".br" and path.name.startswith(names)]

    assert sum(path.stat().st_size for path in first) < LARGEST_FIRST_LOAD
