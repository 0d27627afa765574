"""The generated types: fresh, importable, and as the schemas say."""

import importlib
import typing
from pathlib import Path

import pytest

from schemas import generate, generate_python, generate_typescript
from schemas.models import boards, identity, platform
from schemas.registry import registry


def test_the_committed_types_are_what_the_schemas_say() -> None:
    assert generate.stale(registry()) == [], "run `doska schemas generate`"


def test_every_message_has_a_type_with_its_properties() -> None:
    for mt in registry().types():
        models = importlib.import_module(f"schemas.models.{mt.domain}")
        model = getattr(models, generate_python.name_of(mt))
        assert model.__required_keys__ | model.__optional_keys__ == set(mt.schema["properties"])
        assert model.__required_keys__ == set(mt.schema["required"])


def test_types_say_what_the_schema_says() -> None:
    hints = typing.get_type_hints(boards.LinkCreated)

    assert hints["role"] == typing.Literal["editor", "commenter", "viewer"]
    assert hints["expires_at"] == (str | None)
    assert typing.get_type_hints(identity.RegisterUser)["password"] is identity.Sealed
    assert typing.get_type_hints(boards.Draw)["elements"] == list[boards.Element]
    assert typing.get_type_hints(boards.BoardRestored)["from"] == typing.Literal["trash", "archive"]
    assert "Any" in str(typing.get_type_hints(platform.AnswerFact)["data"])


def test_the_browser_sees_a_client_s_form_and_no_internal_actions() -> None:
    text = generate_typescript.module(registry().types())

    assert "export interface CreateBoard {\n  title: string;\n  workspace_id?: string;\n}" in text
    assert '"boards.draw": Draw;' in text
    assert "password?: string;" in text
    assert "RegisterUser" not in text
    assert "points?: [number, number][];" in text


def test_leftovers_and_edits_are_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "MODELS", tmp_path / "models")
    monkeypatch.setattr(generate, "TYPESCRIPT", tmp_path / "web" / "models.gen.ts")

    generate.write(registry())
    (tmp_path / "models" / "gone.py").write_text("")
    (tmp_path / "models" / "boards.py").write_text("edited")

    assert [path.name for path in generate.stale(registry())] == ["boards.py", "gone.py"]
    generate.write(registry())
    assert generate.stale(registry()) == []
