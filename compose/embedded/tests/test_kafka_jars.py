import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.embedded import kafka_fetch, kafka_jars
from compose.embedded.errors import NothingFetched

JAR = b"not really a jar"


def test_the_lock_holds_one_broker_and_its_own_client() -> None:
    jars = kafka_jars.locked(kafka_jars.LOCK.read_text())
    clients = [jar.version for jar in jars if jar.artifact == "kafka-clients"]

    # log4j's dependency management would bring 3.9.1.
    assert clients == [kafka_jars.KAFKA]
    assert len({jar.file_name for jar in jars}) == len(jars)
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert "http" not in kafka_jars.LOCK.read_text()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository of one jar, and a lock that asks for it."""
    root = tmp_path / "repository"
    jar = root / "org" / "example" / "thing" / "1.0" / "thing-1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(JAR)
    lock = tmp_path / "lock"
    lock.write_text(f"# a lock\norg.example:thing:1.0 {hashlib.sha256(JAR).hexdigest()}\n")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(root))

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(kafka_fetch, "MAVEN_CENTRAL_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setattr(kafka_jars, "LOCK", lock)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "none.conf"))
        yield jar
        server.shutdown()


def test_missing_jars_are_fetched_and_nothing_else_stays(repository: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    kafka_fetch.fetch(cache)

    assert [path.name for path in cache.iterdir()] == ["thing-1.0.jar"]
    assert kafka_jars.missing(cache) == []
    assert kafka_jars.class_path(cache)[0].read_bytes() == JAR


def test_another_file_than_the_locked_one_is_refused(repository: Path, tmp_path: Path) -> None:
    repository.write_bytes(b"another file")
    cache = tmp_path / "cache"

    with pytest.raises(NothingFetched, match=r"thing-1\.0\.jar came with SHA-256"):
        kafka_fetch.fetch(cache)

    assert list(cache.iterdir()) == []


def test_an_absent_file_is_one_sentence_that_says_what_to_do(repository: Path, tmp_path: Path) -> None:
    repository.unlink()

    with pytest.raises(NothingFetched, match=r"thing-1\.0\.jar could not be downloaded.*set DOSKA_KAFKA_BOOTSTRAP"):
        kafka_fetch.fetch(tmp_path / "cache")


# urllib3 drops the socket of a refused connection unclosed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_a_network_the_verb_prints_the_sentence_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "none.conf"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # Nobody listens on port 9 of this machine.
    monkeypatch.setattr(kafka_fetch, "MAVEN_CENTRAL_URL", "http://127.0.0.1:9")

    status = kafka_fetch.main(["fetch", str(tmp_path / "cache")])

    assert status == 1
    assert "the first run needs the network" in capsys.readouterr().out
