"""JSON from outside: limits on size and nesting hold whatever the strings hold."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import AssayError, EncodingError, LimitError, WrongType
from assay.core.json_text import parse_json


def parse(text, **options):
    return parse_json(text, max_bytes=1 << 20, max_depth=5, **options)


def test_plain_values():
    assert parse('{"a": [1, "x]", {"b": null}]}') == {"a": [1, "x]", {"b": None}]}
    assert parse(b"[true]") == [True]
    assert parse("1.5", floats=True) == 1.5


@pytest.mark.parametrize(
    "text",
    [
        "[" * 6 + "]" * 6,
        "[" * 200_000,
        '["' + "]" * 1000 + '", ' + "[" * 500,
        '["\\"' + "]" * 1000 + '", ' + "[" * 500,
        '{"a": ' * 6 + "1" + "}" * 6,
    ],
)
def test_deep_nesting_is_refused_before_the_parser(text):
    with pytest.raises(EncodingError, match="levels"):
        parse(text)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "NaN", "1.0", "Infinity", "[1,]", "", b"\xff", '"open'])
def test_other_forms_are_refused(text):
    with pytest.raises(EncodingError):
        parse(text)


def test_size_and_type():
    with pytest.raises(LimitError):
        parse_json("[" + " " * 100 + "]", max_bytes=50, max_depth=5)
    with pytest.raises(WrongType):
        parse(None)


@given(st.text(alphabet='[]{}":\\,01ab ', max_size=60))
def test_nothing_but_our_errors(text):
    with suppress(AssayError):
        parse(text)
