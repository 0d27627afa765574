"""Logs of strokes that are drawn, grown, fought over and deleted, for property tests of everything that folds them."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from hypothesis import strategies as st

from schemas.boards.append import APPEND, DRAW, Op

Log: TypeAlias = Sequence[Op]


def stroke(id_: str, version: int, nonce: int, *, deleted: bool = False, type_: str = "freedraw") -> dict[str, Any]:
    """A whole element, whose points say which state it was drawn as."""
    return {
        "id": id_,
        "type": type_,
        "version": version,
        "versionNonce": nonce,
        "isDeleted": deleted,
        "index": "a0",
        "updated": version,
        "width": version,
        "height": nonce,
        "points": [[version, nonce]],
        "pressures": [],
    }


def append(id_: str, base: tuple[int, int], version: int, nonce: int, *, pressed: bool = False) -> dict[str, Any]:
    """An append, whose point says to which state it leads."""
    return {
        "element_id": id_,
        "base": {"version": base[0], "versionNonce": base[1]},
        "version": version,
        "versionNonce": nonce,
        "points": [[version + 0.5, nonce]],
        "pressures": [0.5] if pressed else [],
        "updated": version,
        "width": version,
        "height": nonce,
    }


# Few ids, versions and nonces, so that bases are met, missed, lost, repeated and come too late.
IDS = st.sampled_from(["a", "b"])
VERSIONS = st.integers(0, 4)
NONCES = st.integers(0, 1)
WHOLE = st.builds(
    lambda id_, version, nonce, deleted, line: (
        DRAW,
        {"elements": [stroke(id_, version, nonce, deleted=deleted, type_="line" if line else "freedraw")]},
    ),
    IDS,
    VERSIONS,
    NONCES,
    st.sampled_from([False, False, False, True]),
    st.sampled_from([False, False, False, True]),
)
APPENDED = st.builds(
    lambda id_, base, version, nonce, pressed: (APPEND, append(id_, base, version, nonce, pressed=pressed)),
    IDS,
    st.tuples(VERSIONS, NONCES),
    VERSIONS,
    NONCES,
    st.booleans(),
)
logs = st.lists(st.one_of(WHOLE, APPENDED), max_size=14)
