import json
import os
import sys
from pathlib import Path

import pytest

from compose import nodejs, webclient
from compose.embedded.errors import NothingFetched, PartFailed, StackError
from compose.embedded.progress import Step

NPM = """
import json, os, pathlib, sys
with open(".calls", "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "ci":
    if os.environ.get("NETWORK") == "none":
        print("npm error code ENOTFOUND")
        sys.exit(1)
    pathlib.Path("node_modules").mkdir(exist_ok=True)
    pathlib.Path("node_modules/.package-lock.json").write_text("{}")
elif os.environ.get("BUILD") == "broken":
    print("error: src/main.ts(1,1): no such thing")
    sys.exit(2)
else:
    pathlib.Path("dist").mkdir(exist_ok=True)
    pathlib.Path("dist/index.html").write_text(pathlib.Path("src/main.ts").read_text())
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A client whose npm is a program of ours, so that no test asks a registry."""
    sources = tmp_path / "web"
    (sources / "src").mkdir(parents=True)
    (sources / "src" / "main.ts").write_text("one")
    (sources / "package.json").write_text(json.dumps({"scripts": {"build": "vite build"}}))
    (sources / "package-lock.json").write_text("{}")
    npm = tmp_path / "npm.py"
    npm.write_text(NPM)
    monkeypatch.setattr(nodejs, "find", lambda: nodejs.Node(Path(sys.executable), (sys.executable, str(npm))))
    return sources


def calls(sources: Path) -> list[str]:
    return [
        line.split()[-1] if line.startswith("run") else "ci" for line in (sources / ".calls").read_text().splitlines()
    ]


async def built(sources: Path) -> list[Step]:
    steps: list[Step] = []
    await webclient.ensure_built(steps.append, sources=sources, logs=sources.parent / "logs")
    return steps


async def test_a_missing_client_is_fetched_for_and_built(sources: Path) -> None:
    steps = await built(sources)

    assert calls(sources) == ["ci", "build"]
    assert [step.state for step in steps] == ["fetching", "starting", "ready"]
    assert webclient.is_built(sources)


async def test_a_built_client_is_left_alone(sources: Path) -> None:
    await built(sources)

    assert await built(sources) == []
    assert calls(sources) == ["ci", "build"]


async def test_changed_sources_are_built_again_without_fetching(sources: Path) -> None:
    await built(sources)
    (sources / "src" / "main.ts").write_text("two")

    await built(sources)

    assert calls(sources) == ["ci", "build", "build"]
    assert (sources / "dist" / "index.html").read_text() == "two"


async def test_a_new_lock_fetches_again(sources: Path) -> None:
    await built(sources)
    lock = sources / "package-lock.json"
    lock.write_text('{"new": true}')
    later = (sources / "node_modules" / ".package-lock.json").stat().st_mtime + 10
    os.utime(lock, (later, later))

    await built(sources)

    assert calls(sources) == ["ci", "build", "ci", "build"]


async def test_a_broken_build_is_one_sentence_with_the_log_and_no_build(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILD", "broken")

    with pytest.raises(PartFailed, match=r"could not be built.*no such thing.*web-build\.log"):
        await built(sources)

    assert not webclient.is_built(sources)


async def test_a_build_that_breaks_after_a_good_one_is_not_taken_for_it(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await built(sources)
    (sources / "src" / "main.ts").write_text("two")
    monkeypatch.setenv("BUILD", "broken")
    with pytest.raises(PartFailed):
        await built(sources)

    (sources / "src" / "main.ts").write_text("one")

    assert not webclient.is_built(sources)


async def test_no_network_is_one_sentence(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETWORK", "none")

    with pytest.raises(NothingFetched, match="the first run needs the network"):
        await built(sources)


def test_the_hash_sees_names_and_contents_and_not_what_is_built(sources: Path) -> None:
    before = webclient.content_hash(sources)
    (sources / "dist").mkdir()
    (sources / "dist" / "index.html").write_text("built")
    (sources / ".cache").write_text("hidden")
    assert webclient.content_hash(sources) == before

    (sources / "src" / "main.ts").rename(sources / "src" / "other.ts")
    assert webclient.content_hash(sources) != before


def test_without_any_node_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(StackError, match=r"Node\.js >= 20 and npm"):
        nodejs.find()


def test_the_wheel_is_preferred_and_its_npm_is_called_by_its_node() -> None:
    found = nodejs.find()

    assert found.node.name == "node"
    assert found.npm[0] == str(found.node)
    assert found.npm[1].endswith("npm-cli.js")
