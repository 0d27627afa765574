"""Signatures of deliveries: the vector of Standard Webhooks, and secrets that stand nowhere."""

import base64

import pytest

from schemas.keyring import Keyring
from schemas.webhooks.patterns import matches, offered_types, unknown
from schemas.webhooks.signing import headers, secret, signature

RING = Keyring("k2", {"k1": b"1" * 32, "k2": b"2" * 32})
HOOK = "01980c5e-0021-7a10-8f2e-3c4d5e6f7081"


def test_a_signature_is_as_the_specification_has_it() -> None:
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_the_same_whenever_it_is_made_and_another_for_everything_else() -> None:
    made = {
        secret(RING, HOOK, 1, "k1"),
        secret(RING, HOOK, 2, "k1"),
        secret(RING, HOOK, 1, "k2"),
        secret(RING, HOOK.replace("7081", "7082"), 1, "k1"),
    }

    assert len(made) == 4
    assert secret(RING, HOOK, 1, "k1") == secret(Keyring("k1", {"k1": b"1" * 32}), HOOK, 1, "k1")
    for each in made:
        assert each.startswith("whsec_")
        assert len(base64.b64decode(each.removeprefix("whsec_"), validate=True)) == 32


def test_a_key_that_is_gone_makes_no_secret() -> None:
    with pytest.raises(KeyError):
        secret(RING, HOOK, 1, "k3")


def test_two_secrets_give_two_signatures_in_one_header() -> None:
    both = [secret(RING, HOOK, version, "k1") for version in (2, 1)]

    made = headers(both, "d1", 5, b"{}")

    assert made["webhook-signature"].split(" ") == [signature(each, "d1", 5, b"{}") for each in both]
    assert (made["webhook-id"], made["webhook-timestamp"]) == ("d1", "5")


@pytest.mark.parametrize(
    ("pattern", "name", "meant"),
    [
        ("*", "boards.board_created", True),
        ("boards.*", "boards.board_created", True),
        ("boards.*", "workspaces.member_joined", False),
        ("boards.board_created", "boards.board_created", True),
        ("boards.board_created", "boards.board_created_again", False),
    ],
)
def test_what_a_pattern_means(pattern: str, name: str, meant: bool) -> None:
    assert matches([pattern], name) is meant


def test_facts_of_workspaces_and_boards_are_offered_and_those_of_people_are_not() -> None:
    offered = offered_types()

    assert {"boards.board_created", "workspaces.member_joined", "webhooks.subscription_paused"} <= offered
    assert not any(name.startswith("identity.") for name in offered)
    assert "webhooks.test_requested" not in offered
    assert unknown("bords.*", offered)
    assert not unknown("boards.*", offered)
