from pathlib import Path

import pytest

from jobs.doctor import destinations


def of(name: str) -> tuple[str, str]:
    (found,) = [each for each in destinations.examine() if name in each.text]
    return found.verdict, found.text


def test_an_exporter_without_credentials_is_off_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOSKA_MIXPANEL_TOKEN", raising=False)

    verdict, text = of("mixpanel_export")

    assert (verdict, "off: DOSKA_MIXPANEL_TOKEN is not set" in text) == ("note", True)


def test_one_with_credentials_is_on_and_a_mapping_that_does_not_fit_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOSKA_CARROT_QUEST_TOKEN", "app.1.secret")
    on, text = of("carrot_quest_export")
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "about: Mine.\nidentity: [/user_id]\nnobody: drop\nothers: drop\nevents: {boards.nothing: {name: x}}\n"
    )
    monkeypatch.setenv("DOSKA_CARROT_QUEST_MAPPING", str(mine))
    wrong, why = of("carrot_quest_export")

    assert (on, "is on" in text) == ("ok", True)
    assert wrong == "bad"
    assert f"{mine}: events.boards.nothing: there is no type boards.nothing" in why
