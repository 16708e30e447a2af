"""What a fuzz target is, and the list of them.

A target takes any bytes. Whatever the code under test does with them, it may end in two ways: a value, whose properties
the target asserts, or one of the expected errors. Everything else is a finding.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from cccd_reader.emulation.errors import EmulationError
from cccd_reader.errors import CardError
from face.errors import FaceError

Run = Callable[[bytes], None]
Errors = tuple[type[Exception], ...]

MAX_ERROR_CHARACTERS = 400
"""An error names a file and a rule. One that is longer than this carries the card's data with it."""

_NUMBER = re.compile(r"[0-9]{9}")
"""Nine digits in a row are an old number or a part of a new one."""
_OID = re.compile(r"[0-9]+(\.[0-9]+)+")
"""Errors may name an algorithm that is not known."""


@dataclass(frozen=True, slots=True)
class Target:
    """`max_len`: the longest input, in bytes, that the fuzzer makes. `tlv`: the input is a tree of data objects, which
    the fuzzer then also changes as one; `json`: it is a script with JSON texts, likewise. `slow`: one execution runs a
    protocol, a tenth of a second at most."""

    name: str
    run: Run
    max_len: int
    tlv: bool
    json: bool
    slow: bool


TARGETS: dict[str, Target] = {}


def target(
    max_len: int, *, tlv: bool = False, json: bool = False, slow: bool = False, errors: Errors = (CardError, FaceError)
) -> Callable[[Run], Run]:
    """Registers a function of that name. Its expected errors end the execution, and are looked at for personal data."""

    def register(function: Run) -> Run:
        def run(data: bytes) -> None:
            try:
                function(data)
            except errors as error:
                check_error(error)
            except EmulationError:
                return  # about people who do not exist: it may name what stands in their file

        name = function.__name__
        assert name not in TARGETS
        TARGETS[name] = Target(name, run, max_len, tlv, json, slow)
        return function

    return register


def check_error(error: Exception) -> None:
    text = str(error)
    assert len(text) <= MAX_ERROR_CHARACTERS, "an error that quotes its input"
    assert not _NUMBER.search(_OID.sub("", text)), "an error that quotes a number"
