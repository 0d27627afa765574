"""Order keys between two others: base-62 fractional indices, as the editor reads them.

A key is an integer part, whose first letter tells its length (`a0` has one digit, `b00` two, `Zz` is below `a0`), and a
fraction that does not end in `0`. Keys are compared as plain strings.
"""

import re
from collections.abc import Sequence
from typing import Final

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SMALLEST: Final = "A" + "0" * 26
FIRST: Final = "a0"
# The schema of an element takes 70; a file that needs more gets all its keys anew.
MAX_LENGTH: Final = 60


FORM: Final = re.compile(
    "(?:"
    + "|".join(f"[{chr(ord('a') + extra)}{chr(ord('Z') - extra)}][0-9A-Za-z]{{{extra + 1}}}" for extra in range(26))
    + ")(?:[0-9A-Za-z]*[1-9A-Za-z])?\\Z"
)


def is_key(key: str) -> bool:
    """Whether a string is an order key."""
    return FORM.match(key) is not None


def completed(keys: Sequence[str | None]) -> list[str]:
    """The keys with each missing one made, so that sorting by key keeps the order of what was missing.

    What is given stays. A run of missing keys lies after the highest key before it, and before the next given one that
    is higher. Where given keys leave so little room that new ones grow too long, all are made anew in this order.
    """
    made: list[str] = []
    highest: str | None = None
    position = 0
    while position < len(keys):
        given = keys[position]
        if given is not None:
            made.append(given)
            highest = given if highest is None else max(highest, given)
            position += 1
            continue
        end = position
        while end < len(keys) and keys[end] is None:
            end += 1
        above = next((key for key in keys[end:] if key is not None and (highest is None or key > highest)), None)
        run = between(highest, above, end - position)
        if any(len(key) > MAX_LENGTH for key in run):
            return between(None, None, len(keys))
        made.extend(run)
        highest = run[-1]
        position = end
    return made


def between(low: str | None, high: str | None, count: int) -> list[str]:
    """`count` ascending keys above `low` and below `high`; None leaves that side open."""
    if count == 0:
        return []
    if high is None:
        keys = []
        for _ in range(count):
            low = key_between(low, None)
            keys.append(low)
        return keys
    if low is None:
        keys = []
        for _ in range(count):
            high = key_between(None, high)
            keys.append(high)
        return keys[::-1]
    # Halving keeps the keys short: their length grows with the logarithm of the count.
    middle = key_between(low, high)
    left = count // 2
    return [*between(low, middle, left), middle, *between(middle, high, count - left - 1)]


def key_between(low: str | None, high: str | None) -> str:
    """One key above `low` and below `high`."""
    if low is None and high is None:
        return FIRST
    if low is None:
        return _below(high or FIRST)
    if high is None:
        return _above(low)
    integer, fraction = _parts(low)
    high_integer, high_fraction = _parts(high)
    if integer == high_integer:
        return integer + _middle(fraction, high_fraction)
    following = _incremented(integer)
    if following is not None and following < high:
        return following
    return integer + _middle(fraction, None)


def _below(high: str) -> str:
    integer, fraction = _parts(high)
    if integer == SMALLEST:
        return integer + _middle("", fraction)
    if integer < high:
        return integer
    before = _decremented(integer)
    # The smallest integer alone is no key: nothing could be put below it.
    return SMALLEST + _middle("", None) if before in (None, SMALLEST) else str(before)


def _above(low: str) -> str:
    integer, fraction = _parts(low)
    following = _incremented(integer)
    return integer + _middle(fraction, None) if following is None else following


def _parts(key: str) -> tuple[str, str]:
    head = key[0]
    length = ord(head) - ord("a") + 2 if head.islower() else ord("Z") - ord(head) + 2
    return key[:length], key[length:]


def _middle(low: str, high: str | None) -> str:
    """A fraction strictly between two: `low` may be empty (nothing), `high` None (one)."""
    if high is not None:
        shared = 0
        while shared < len(high) and (low[shared] if shared < len(low) else DIGITS[0]) == high[shared]:
            shared += 1
        if shared:
            return high[:shared] + _middle(low[shared:], high[shared:])
    low_digit = DIGITS.index(low[0]) if low else 0
    high_digit = DIGITS.index(high[0]) if high is not None else len(DIGITS)
    if high_digit - low_digit > 1:
        return DIGITS[(low_digit + high_digit + 1) // 2]
    if high is not None and len(high) > 1:
        return high[0]
    return DIGITS[low_digit] + _middle(low[1:], None)


def _incremented(integer: str) -> str | None:
    """The next integer part; None after the last."""
    head, digits = integer[0], list(integer[1:])
    for place in reversed(range(len(digits))):
        if digits[place] != DIGITS[-1]:
            digits[place] = DIGITS[DIGITS.index(digits[place]) + 1]
            return head + "".join(digits)
        digits[place] = DIGITS[0]
    if head == "z":
        return None
    if head == "Z":
        return "a0"
    following = chr(ord(head) + 1)
    return following + DIGITS[0] * (len(digits) + (1 if following.islower() else -1))


def _decremented(integer: str) -> str | None:
    """The integer part before; None before the first."""
    head, digits = integer[0], list(integer[1:])
    for place in reversed(range(len(digits))):
        if digits[place] != DIGITS[0]:
            digits[place] = DIGITS[DIGITS.index(digits[place]) - 1]
            return head + "".join(digits)
        digits[place] = DIGITS[-1]
    if head == "A":
        return None
    if head == "a":
        return "Z" + DIGITS[-1]
    before = chr(ord(head) - 1)
    return before + DIGITS[-1] * (len(digits) + (1 if before.isupper() else -1))
