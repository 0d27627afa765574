"""Every type in each of its forms against everything wrong with it: the codec's verdict, and its words."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema
import orjson
import pytest

from schemas import codec, forms
from schemas.problems import DataInvalid
from schemas.registry import MessageType, registry
from schemas.tests.test_schema_files import dates
from tests.hostile.mutations import Mutation, mutations
from tests.hostile.refusals import assert_clean
from tests.hostile.seeds import seeds

TYPES = registry().types()
# The reference implementation takes a hundred times as long.
AGREED = 20
MOST = 300
# A `$` that is neither escaped nor one character of a class.
END = re.compile(r"(?<!\\)\$(?![^\[\]]*\])")
Check = Callable[[MessageType, Any], None]
Form = tuple[Check, Callable[[MessageType], Mapping[str, Any]]]
PRODUCED: Form = (codec.validate, codec.produced_schema)
READ: Form = (codec.validate_on_read, codec.read_schema)
CLIENT: Form = (codec.validate_from_client, codec.client_schema)


def verdict(check: Check, mt: MessageType, mutation: Mutation) -> bool:
    """Whether it is valid; a refusal has to be a good one."""
    try:
        check(mt, mutation.data)
    except DataInvalid as refused:
        try:
            assert_clean(refused.problems, mutation.data)
        except AssertionError as fault:
            fault.add_note(f"{mt.dataschema}: {ascii(str(mutation))[:300]}")
            raise
        return False
    return True


def forms_of(mt: MessageType) -> list[tuple[Form, list[Any]]]:
    """The forms of a type, with examples in each."""
    found = [(PRODUCED, list(mt.examples)), (READ, list(mt.examples))]
    if mt.sendable:
        found.append((CLIENT, [forms.client_example(mt, example) for example in mt.examples]))
    return found


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("mt", TYPES, ids=lambda mt: mt.dataschema)
def test_each_wrong_thing_is_refused_in_clean_words_or_is_valid(mt: MessageType, seed: int) -> None:
    for (check, schema), examples in forms_of(mt):
        verdicts = [
            verdict(check, mt, mutation)
            for number, example in enumerate(examples)
            for mutation in mutations(schema(mt), example, seed + number, MOST // len(examples))
        ]

        assert False in verdicts, "nothing was refused: this proves nothing"


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("mt", TYPES, ids=lambda mt: mt.dataschema)
def test_two_libraries_give_the_same_verdict_on_what_is_wrong(mt: MessageType, seed: int) -> None:
    schema = codec.produced_schema(mt)
    slow = Reference(schema, format_checker=dates())
    fast, _ = codec.compiled(schema)

    for mutation in mutations(schema, mt.examples[0], seed, AGREED):
        if is_json(mutation.data):
            assert slow.is_valid(mutation.data) == fast.is_valid(mutation.data), ascii(str(mutation))


def pattern(_: Any, expression: str, value: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    """The patterns of JSON Schema are those of ECMA-262: `$` is the very end, a digit is an ASCII digit."""
    if isinstance(value, str) and not re.search(END.sub(r"\\Z", expression), value, re.ASCII):
        yield jsonschema.ValidationError("does not match")


Reference = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})


def is_json(data: Any) -> bool:
    """Whether it can come out of the log at all, as the number or text that it is."""
    try:
        return bool(orjson.loads(orjson.dumps(data)) == data)
    except (orjson.JSONEncodeError, orjson.JSONDecodeError):
        return False
