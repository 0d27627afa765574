"""Values that have broken somebody's program once, by their JSON type."""

from typing import Any, Final

# Stands in every hostile text that is a value: a refusal that shows it repeats what somebody sent.
CANARY: Final = "c4n4ry"
LONG: Final = 5_000

TEXTS: Final = (
    "",
    " ",
    CANARY,
    f"{CANARY}\0",
    f"\ud800{CANARY}",
    f"{CANARY}\udfff",
    f"\u202e{CANARY}\u2066",
    f"\x1b[31m{CANARY}\x07\x7f",
    f"{CANARY}\r\nSet-Cookie: a=b",
    f"\ufeff{CANARY}\u2028\u200b",
    f"e\u0301{CANARY}\u212b",
    f'{{"{CANARY}": "{CANARY}"}}',
    f'"{CANARY}" or 1=1 --',
    f"<img src=x onerror=alert('{CANARY}')>",
    f"{{{{{CANARY}}}}} ${{{CANARY}}} %s %n",
    f"../../{CANARY}",
    f"javascript:{CANARY}",
    "__proto__",
    "null",
    "NaN",
    "1e400",
    "😀" * 40 + CANARY,
    CANARY * (LONG // 6),
)
NUMBERS: Final = (
    0,
    -1,
    -0.0,
    0.5,
    1.0,
    True,
    2**31,
    2**32,
    2**53 - 1,
    2**53,
    2**53 + 1,
    -(2**53) - 1,
    2**63,
    2**64,
    10**400,
    5e-324,
    1e-7,
    1.7e308,
    float("nan"),
    float("inf"),
    float("-inf"),
)
OTHERS: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [CANARY],
    [None] * 30,
    {"": CANARY},
    {"a": {"b": [CANARY]}},
    {"__proto__": {"admin": True}},
    {"$ref": "#/$defs/id"},
)
NAMES: Final = (
    "",
    "__proto__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "a/b~c",
    "~1",
    "0",
    "-1",
    "\0",
    "\ud800",
    "\u202e",
    "ключ",
    "toString",
    "x" * LONG,
    "~" * LONG,
)
# Ids that are none, or somebody else's.
IDS: Final = (
    "00000000-0000-0000-0000-000000000000",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "9b2d8f5e-3c1a-4f6e-9d7b-1a2b3c4d5e6f",
    "01980C5E-0005-7A10-8F2E-3C4D5E6F7081",
    "01980c5e-0005-7a10-cf2e-3c4d5e6f7081",
    "01980c5e00057a108f2e3c4d5e6f7081",
    "{01980c5e-0005-7a10-8f2e-3c4d5e6f7081}",
    "01980c5e-0005-7a10-8f2e-3c4d5e6f7081\n",
    "٠1980c5e-0005-7a10-8f2e-3c4d5e6f7081",
    "0197ffff-ffff-7fff-bfff-ffffffffffff",
)
TIMES: Final = (
    "2026-02-30T00:00:00Z",
    "2026-19-39T29:59:59Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "0001-01-01T00:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00+14:00",
    "-2026-01-01T00:00:00Z",
    "2026-01-01",
)


def nested(depth: int) -> Any:
    """Lists in objects in lists, that deep."""
    value: Any = CANARY
    for level in range(depth):
        value = [value] if level % 2 else {"d": value}
    return value
