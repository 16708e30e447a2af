"""Shared by the tests of the reader: the worked examples, and a connection that follows a script."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cccd_reader.apdu import ResponseApdu
from cccd_reader.errors import CardError

DATA = Path(__file__).parents[1] / "data" / "emrtd"


@pytest.fixture(scope="session")
def emrtd_data() -> Path:
    return DATA


@pytest.fixture(scope="session")
def icao() -> dict[str, Any]:
    return json.loads((DATA / "icao9303_vectors.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def vietnam() -> dict[str, Any]:
    return json.loads((DATA / "vn_cccd_synthetic.json").read_text("utf-8"))


class ScriptedConnection:
    """Expects exactly these commands in this order, and answers each with bytes or an error."""

    kind = "local"
    name = "script"
    atr = bytes.fromhex("3B80800101")

    def __init__(self, script: list[tuple[str, str | CardError]]) -> None:
        self._script = list(script)
        self.resets = 0

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        assert self._script, f"the script is over, but {apdu.hex()} came"
        expected, answer = self._script.pop(0)
        assert apdu.hex().upper() == expected.upper()
        if isinstance(answer, CardError):
            raise answer
        response = ResponseApdu.decode(bytes.fromhex(answer))
        return response.data, response.sw

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        pass

    @property
    def finished(self) -> bool:
        return not self._script


@pytest.fixture
def scripted() -> Callable[..., ScriptedConnection]:
    """scripted((command, answer), …): a connection; the test fails if it is not followed to its end."""

    def make(*script: tuple[str, str | CardError]) -> ScriptedConnection:
        return ScriptedConnection(list(script))

    return make
