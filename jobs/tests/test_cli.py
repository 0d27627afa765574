import pkgutil

import pytest
from typer.testing import CliRunner

import jobs
from jobs import cli
from topics.errors import Unavailable


def test_every_module_that_offers_a_verb_is_one() -> None:
    offered = {
        found.name
        for found in pkgutil.iter_modules(jobs.__path__)
        if found.name not in ("cli", "__main__", "tests")
        and {"app", "command"} & set(vars(__import__(f"jobs.{found.name}", fromlist=["_"])))
    }

    shown = CliRunner().invoke(cli.build(), ["--help"]).output

    assert "topics" in offered
    for verb in offered:
        assert f"  {verb} " in shown, verb


def test_a_failure_with_a_name_is_one_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise Unavailable("Kafka at 127.0.0.1:1 is not there")

    monkeypatch.setattr(cli, "build", lambda: fail)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 1
    assert capsys.readouterr().err == "doska: Kafka at 127.0.0.1:1 is not there\n"
