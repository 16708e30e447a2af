"""Canonical JSON, masking and keys."""

from pathlib import Path

import pytest

from records.canonical import canonical_json, decimal_text, recanonical
from records.cipher import keyed_digest, load_or_create_key
from records.masking import mask_name, mask_number


def test_canonical_json_has_one_form() -> None:
    assert canonical_json({"b": [1, None, True], "a": "ờ"}) == '{"a":"ờ","b":[1,null,true]}'
    assert canonical_json("o\u031b\u0300") == '"ờ"'
    assert recanonical(' {"b" : 2,\n "a" : 1} ') == '{"a":1,"b":2}'


@pytest.mark.parametrize("value", [0.5, {"a": 1.0}, [b"x"], object()])
def test_canonical_json_refuses_what_has_no_one_form(value: object) -> None:
    with pytest.raises(TypeError, match="canonical JSON"):
        canonical_json(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0001, "0.0001"),
        (1e-7, "0.0000001"),
        (0.731204, "0.731204"),
        (1.0, "1"),
        (0.0, "0"),
        (-0.0, "0"),
        (-0.25, "-0.25"),
    ],
)
def test_decimals_have_no_exponent_and_no_idle_zero(value: float, text: str) -> None:
    assert decimal_text(value) == text


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("NGUYỄN THỊ HƯỜNG", "NGUYỄN T*** HƯỜNG"),
        ("TRẦN ĐỨC MINH QUÂN", "TRẦN Đ*** M*** QUÂN"),
        ("LÊ AN", "L*** AN"),
        ("HƯƠNG", "H***"),
        ("", ""),
    ],
)
def test_names_are_masked(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"), [("001199001234", "001******234"), ("001199", "***"), ("0011991", "001*991"), ("", "***")]
)
def test_numbers_are_masked(number: str, masked: str) -> None:
    assert mask_number(number) == masked


def test_digests_depend_on_key_purpose_and_text() -> None:
    digests = {
        keyed_digest(key, purpose, text)
        for key in (b"k" * 32, b"l" * 32)
        for purpose in ("subject", "content")
        for text in ("1", "2")
    }
    assert len(digests) == 8


def test_a_key_is_made_once_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert load_or_create_key(path) == load_or_create_key(path)
    assert list(tmp_path.iterdir()) == [path]
