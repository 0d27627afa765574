import os
import subprocess
from pathlib import Path

import pytest

from compose.embedded import unprivileged, wheels
from compose.embedded.errors import StackError

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Programs in a wheel below a directory that only its owner may enter."""
    package = tmp_path / "home" / "site" / "wheel"
    (package / "pg18" / "bin").mkdir(parents=True)
    (package / "pg18" / "bin" / "postgres").write_text("#!/bin/sh\n")
    (package / "pg18" / "bin" / "postgres").chmod(0o700)
    (package.with_name("wheel.libs")).mkdir()
    (package.with_name("wheel.libs") / "libpq.so").write_text("library")
    (tmp_path / "home").chmod(0o700)
    return package.parent


def test_a_directory_below_a_private_home_is_not_public(site: Path) -> None:
    assert not unprivileged.is_public(site)
    assert not unprivileged.is_public(site / "missing")
    assert unprivileged.is_public(Path("/usr/bin"))


def test_an_ordinary_user_uses_the_programs_where_they_lie(site: Path) -> None:
    home = site / "wheel" / "pg18"

    assert unprivileged.reachable_programs(home, unprivileged.User(0, 0)) == home.resolve()


def test_programs_in_a_private_home_are_copied_with_their_libraries_once(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "is_public", lambda path: path.exists() and "home" not in path.parts)
    monkeypatch.setattr(unprivileged, "PUBLIC_CACHES", (tmp_path / "public",))
    home, user = site / "wheel" / "pg18", unprivileged.User(65534, 65534)

    found = unprivileged.reachable_programs(home, user)

    assert found.is_relative_to(tmp_path / "public")
    assert (found / "bin" / "postgres").stat().st_mode & 0o777 == 0o755
    assert (found.parents[1] / "wheel.libs" / "libpq.so").read_text() == "library"
    assert unprivileged.reachable_programs(home, user) == found
    assert len(list((tmp_path / "public").iterdir())) == 1


def test_a_public_cache_of_somebody_else_is_not_trusted(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "public"
    link.symlink_to(tmp_path)
    monkeypatch.setattr(unprivileged, "PUBLIC_CACHES", (link,))

    with pytest.raises(StackError, match="put the checkout outside of a private home"):
        unprivileged.reachable_programs(site / "wheel" / "pg18", unprivileged.User(65534, 65534))


@ROOT_ONLY
@pytest.mark.integration
def test_the_real_programs_run_as_nobody_from_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = unprivileged.choose()
    real = wheels.postgres_home().resolve()
    monkeypatch.setattr(unprivileged, "is_public", lambda path: path.exists() and not path.is_relative_to(real))

    programs = unprivileged.reachable_programs(wheels.postgres_home(), user)

    done = subprocess.run(
        [programs / "bin" / "postgres", "--version"],
        user=user.uid,
        group=user.gid,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PostgreSQL" in done.stdout
