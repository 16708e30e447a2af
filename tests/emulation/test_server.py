"""The card process's commands, one line each."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cccd_reader import Present, keyring_from_number, read_card
from cccd_reader.emulation import AirTime, CardImage, EmulationError, EmulationErrorCode, Quirks, cloned
from cccd_reader.emulation.pcscd import free_ports
from cccd_reader.emulation.server import CardOptions, CardProcess, Copy
from cccd_reader.transport.socket import SocketSource


@pytest.fixture
def reader() -> Iterator[SocketSource]:
    """A socket reader on two neighbouring ports, as vpcd has them."""
    source = SocketSource(port=free_ports(2))
    yield source
    source.close()


@pytest.fixture
def talk(reader: SocketSource) -> Callable[..., list[dict[str, Any]]]:
    """talk(command, …): the answers of a card process to these lines, its ready line first."""

    def run(*commands: dict[str, Any] | str, options: CardOptions | None = None) -> list[dict[str, Any]]:
        process = CardProcess("127.0.0.1", reader.ports[0], options)
        answers: list[str] = []
        lines = [command if isinstance(command, str) else json.dumps(command) for command in commands]
        process.run(lines, answers.append)
        return [json.loads(answer) for answer in answers]

    return run


def test_it_says_that_it_is_ready(talk: Callable[..., Any], reader: SocketSource) -> None:
    assert talk() == [{"ready": True, "ports": list(reader.ports)}]


def test_place_status_pull(talk: Callable[..., Any], image_path: Path) -> None:
    _, placed, status, pulled = talk(
        {"command": "place", "slot": 1, "image": str(image_path)}, {"command": "status"}, {"command": "pull", "slot": 1}
    )
    assert placed == {"ok": True, "state": "in_reader", "apdus": 0, "left_by_fault": False}
    assert [slot["state"] for slot in status["slots"]] == ["empty", "in_reader"]
    assert pulled["state"] == "empty"


def test_quit_is_the_last_word(talk: Callable[..., Any]) -> None:
    assert talk("", {"command": "quit"}, {"command": "status"})[1:] == [{"ok": True}]


def test_a_fault_waits_for_its_card(talk: Callable[..., Any], image_path: Path) -> None:
    fault = {"kind": "pull_in_file", "file": "DG2", "after_bytes": 10}
    _, armed, placed = talk(
        {"command": "fault", "fault": fault}, {"command": "place", "slot": 0, "image": str(image_path)}
    )
    assert (armed["ok"], armed["state"], placed["state"]) == (True, "empty", "in_reader")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", None),
        ("[" * 100_000, None),
        ("[]", None),
        ('{"command": "dance"}', None),
        ("{}", None),
        ('{"command": "place"}', "image"),
        ('{"command": "place", "image": "a.card", "quirks": []}', "quirks"),
        ('{"command": "place", "image": "a.card", "quirks": {"colour": 1}}', "colour"),
        ('{"command": "place", "image": "a.card", "copy": "good"}', "copy"),
        ('{"command": "place", "image": "a.card", "tamper": "DG13"}', "tamper"),
        ('{"command": "place", "image": "a.card", "tamper": [13]}', "tamper"),
        ('{"command": "pull", "slot": 2}', "slot"),
        ('{"command": "pull", "slot": true}', "slot"),
        ('{"command": "fault", "fault": "pull"}', "fault"),
        ('{"command": "fault", "fault": {"kind": "pull_at", "apdu": "1"}}', "apdu"),
    ],
)
def test_what_is_no_command(talk: Callable[..., Any], line: str, field: str | None) -> None:
    _, answer, status = talk(line, {"command": "status"})
    assert (answer["ok"], answer["error"], answer["field"]) == (False, "bad_command", field)
    assert status["ok"]


def test_a_file_that_is_no_card(talk: Callable[..., Any], tmp_path: Path) -> None:
    _, answer = talk({"command": "place", "slot": 0, "image": str(tmp_path / "no.card")})
    assert (answer["ok"], answer["error"]) == (False, "bad_image")


def test_all_cards_have_the_processs_quirks(reader: SocketSource, image_path: Path) -> None:
    process = CardProcess("127.0.0.1", reader.ports[0], CardOptions(Quirks(short_identifiers=False), AirTime(848)))
    process.place(0, image_path)
    try:
        assert isinstance(reader.wait_change(10.0), Present)
        connection = reader.connect()
        assert connection.transmit(bytes.fromhex("00B09C0004")) == (b"", 0x6A86)
        connection.reset()
        assert read_card(connection, keyring_from_number("001199012345")).citizen.sex == "F"
        connection.close()
    finally:
        process.run([], lambda line: None)


@pytest.mark.parametrize(
    ("change", "command", "answer"),
    [
        ({}, "00B09C0004", "3134300D9000"),
        ({"quirks": {"short_identifiers": False}}, "00B09C0004", "6A86"),
        ({"quirks": {"hides_card_access": True}}, "00B09C0004", "6A82"),
        ({"copy": "clone"}, "00B09C0004", "3134300D9000"),
        ({"copy": "forged", "tamper": ["DG1", "DG13"]}, "00B09C0004", "3134300D9000"),
    ],
)
def test_a_card_may_differ_from_its_image(
    reader: SocketSource, image_path: Path, change: dict[str, Any], command: str, answer: str
) -> None:
    process = CardProcess("127.0.0.1", reader.ports[0])
    reply, _ = process.handle(json.dumps({"command": "place", "image": str(image_path), **change}))
    try:
        assert reply["ok"]
        assert isinstance(reader.wait_change(10.0), Present)
        connection = reader.connect()
        data, sw = connection.transmit(bytes.fromhex(command))
        assert (data + sw.to_bytes(2, "big")).hex().upper() == answer
        connection.close()
    finally:
        process.run([], lambda line: None)


def test_copies_have_other_keys_or_none(image: CardImage) -> None:
    assert CardOptions().card(image).image == image
    assert CardOptions(copy=Copy.CLONE).card(image).image == cloned(image)
    forgery = CardOptions(copy=Copy.FORGED).card(image).image
    assert forgery.files == image.files
    assert [key.parameter_id for key in forgery.agreement_keys] == [key.parameter_id for key in image.agreement_keys]
    assert forgery.agreement_keys != image.agreement_keys
    assert forgery.active_authentication_key != image.active_authentication_key


def test_a_changed_file_must_be_there(image: CardImage) -> None:
    changed = CardOptions(tampered=("DG13",)).card(image).image
    assert [fid for fid in image.files if changed.files[fid] != image.files[fid]] == [0x010D]
    with pytest.raises(EmulationError) as caught:
        CardOptions(tampered=("DG11",)).card(image)
    assert (caught.value.code, caught.value.field) == (EmulationErrorCode.BAD_COMMAND, "tamper")
