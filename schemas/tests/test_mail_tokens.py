from pathlib import Path

import pytest

from schemas import mail_tokens, proofs
from schemas.keyring import Keyring

ADA, EVE = "01980c5e-0001-7a10-8f2e-3c4d5e6f7081", "01980c5e-0001-7a10-8f2e-3c4d5e6f7082"
LINK = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "keyring.json")


def test_a_token_says_whose_it_is_and_which(keyring: Keyring) -> None:
    token = mail_tokens.mint(keyring, "reset", ADA, LINK)

    assert mail_tokens.read(keyring, "reset", token) == (ADA, LINK)
    assert token == mail_tokens.mint(keyring, "reset", ADA, LINK)


def test_a_token_that_was_changed_or_is_of_another_kind_or_keyring_is_none(keyring: Keyring, tmp_path: Path) -> None:
    token = mail_tokens.mint(keyring, "reset", ADA, LINK)
    foreign = Keyring.create(tmp_path / "other.json")

    for wrong in (token.replace(ADA, EVE), token[:-1] + ("A" if token[-1] != "A" else "B"), token + "A", "", "a.b.c"):
        assert mail_tokens.read(keyring, "reset", wrong) is None
    assert mail_tokens.read(keyring, "confirm", token) is None
    assert mail_tokens.read(foreign, "reset", token) is None


def test_an_operators_proof_holds_for_one_action_on_one_person(keyring: Keyring) -> None:
    proof = proofs.operators(keyring, "identity.ban_user", LINK, ADA)

    assert proofs.is_operators(keyring, proof, "identity.ban_user", LINK, ADA)
    for place in (
        ("identity.unban_user", LINK, ADA),
        ("identity.ban_user", ADA, ADA),
        ("identity.ban_user", LINK, EVE),
    ):
        assert not proofs.is_operators(keyring, proof, *place)
    assert not proofs.is_operators(keyring, "", "identity.ban_user", LINK, ADA)
