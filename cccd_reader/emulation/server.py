"""The card process: up to two slots of a virtual reader, moved by one JSON object a line on standard input.

    {"command": "place", "slot": 0, "image": "lan.card"}      lay a card down; with "quirks": {"past_end": "cuts"} as a
                                                              chip that differs, with "copy": "clone" or "forged" as a
                                                              copy, with "tamper": ["DG13"] with a changed file
    {"command": "pull", "slot": 0}                            take it away
    {"command": "fault", "slot": 0, "fault": {"kind": "pull_in_file", "file": "DG2", "after_bytes": 6000}}
    {"command": "status"}                                     both slots
    {"command": "quit"}

Each is answered by one line: {"ok": true, …} or {"ok": false, "error": code, "detail": text, "field": name}. The first
line of all says that the process is ready. It ends with `quit`, and when its standard input closes.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from cccd_reader.emulation.air import AirTime
from cccd_reader.emulation.card import EmulatedCard
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.faults import Fault, fault_from_json
from cccd_reader.emulation.image import CardImage, cloned, forged, tampered_by_name
from cccd_reader.emulation.quirks import Quirks, quirks_from_json
from cccd_reader.emulation.vpcd import VirtualSlot

SLOTS = 2


class Copy(StrEnum):
    """A card of the issuer's; a copy of its files without its keys; one with keys of its own in their place."""

    NONE = "none"
    CLONE = "clone"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class CardOptions:
    """How a card differs from its image. What the process was started with holds for all its cards."""

    quirks: Quirks = field(default_factory=Quirks)
    air: AirTime | None = None
    copy: Copy = Copy.NONE
    tampered: tuple[str, ...] = ()
    """Names of the files that are changed."""

    def card(self, image: CardImage) -> EmulatedCard:
        """Raises `EmulationError(bad_command)` for a file to be changed that the card has not."""
        for name in self.tampered:
            image = tampered_by_name(image, name)
        if self.copy is not Copy.NONE:
            image = cloned(image) if self.copy is Copy.CLONE else forged(image)
        return EmulatedCard(image, quirks=self.quirks, air=self.air)


class CardProcess:
    """The slots at `host`, on `port` and `port + 1`, and the commands that move them."""

    def __init__(self, host: str, port: int, options: CardOptions | None = None) -> None:
        self._options = options or CardOptions()
        self._slots = tuple(VirtualSlot(host, port + index) for index in range(SLOTS))
        self.ready = {"ready": True, "ports": [port + index for index in range(SLOTS)]}
        self._commands: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "place": self._place,
            "pull": self._pull,
            "fault": self._fault,
            "status": self._status,
        }

    def place(self, slot: int, path: Path, options: CardOptions | None = None) -> None:
        """Lays the card of an image file down. Raises `EmulationError`: bad_image, bad_command, slot_occupied."""
        self._slots[slot].place((options or self._options).card(CardImage.load(path)))

    def arm(self, slot: int, fault: Fault) -> None:
        """For the card that lies there, or for the next one."""
        self._slots[slot].arm(fault)

    def run(self, lines: Iterable[str], answer: Callable[[str], None]) -> None:
        """Answers the lines until they end, or say so; then takes all cards away."""
        try:
            answer(json.dumps(self.ready))
            for line in lines:
                if not line.strip():
                    continue
                reply, last = self.handle(line)
                answer(json.dumps(reply, ensure_ascii=False))
                if last:
                    break
        finally:
            for slot in self._slots:
                slot.pull()

    def handle(self, line: str) -> tuple[dict[str, Any], bool]:
        """The answer to one line, and whether it was the last."""
        try:
            request = _parse(line)
            name = request.get("command")
            if name == "quit":
                return {"ok": True}, True
            command = self._commands.get(str(name), self._unknown)
            return {"ok": True, **command(request)}, False
        except EmulationError as error:
            failure = {"ok": False, "error": error.code.value, "detail": error.detail, "field": error.field}
            return failure, False

    def _unknown(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        known = ", ".join((*self._commands, "quit"))
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, f"the commands are {known}")

    def _place(self, request: Mapping[str, Any]) -> dict[str, Any]:
        index = _slot_index(request)
        image = request.get("image")
        if not isinstance(image, str):
            raise EmulationError(EmulationErrorCode.BAD_COMMAND, "the path of a card image", field="image")
        self.place(index, Path(image), self._card_options(request))
        return self._state(index)

    def _card_options(self, request: Mapping[str, Any]) -> CardOptions:
        options = self._options
        quirks, copy, tamper = (request.get(name) for name in ("quirks", "copy", "tamper"))
        if quirks is not None:
            if not isinstance(quirks, dict):
                raise EmulationError(EmulationErrorCode.BAD_COMMAND, "an object of quirks", field="quirks")
            options = replace(options, quirks=quirks_from_json(quirks, options.quirks))
        if copy is not None:
            if copy not in tuple(Copy):
                raise EmulationError(EmulationErrorCode.BAD_COMMAND, f"one of {', '.join(Copy)}", field="copy")
            options = replace(options, copy=Copy(copy))
        if tamper is not None:
            if not isinstance(tamper, list) or not all(isinstance(name, str) for name in tamper):
                raise EmulationError(EmulationErrorCode.BAD_COMMAND, "a list of files", field="tamper")
            options = replace(options, tampered=tuple(tamper))
        return options

    def _pull(self, request: Mapping[str, Any]) -> dict[str, Any]:
        index = _slot_index(request)
        self._slots[index].pull()
        return self._state(index)

    def _fault(self, request: Mapping[str, Any]) -> dict[str, Any]:
        index = _slot_index(request)
        fault = request.get("fault")
        if not isinstance(fault, dict):
            raise EmulationError(EmulationErrorCode.BAD_COMMAND, "an object with a kind", field="fault")
        self.arm(index, fault_from_json(fault))
        return self._state(index)

    def _status(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        return {"slots": [self._state(index) for index in range(SLOTS)]}

    def _state(self, index: int) -> dict[str, Any]:
        return asdict(self._slots[index].status())


def _parse(line: str) -> Mapping[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, "no JSON") from error
    if not isinstance(request, dict):
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, "no JSON object")
    return request


def _slot_index(request: Mapping[str, Any]) -> int:
    index = request.get("slot", 0)
    if type(index) is not int or not 0 <= index < SLOTS:
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, f"the slots are 0 to {SLOTS - 1}", field="slot")
    return index
