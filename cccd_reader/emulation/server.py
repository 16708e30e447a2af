"""The card process: up to two slots of a virtual reader, moved by one JSON object a line on standard input.

    {"command": "place", "slot": 0, "image": "lan.card"}      lay a card down
    {"command": "pull", "slot": 0}                            take it away
    {"command": "fault", "slot": 0, "fault": {"kind": "pull_in_file", "file": "DG2", "after_bytes": 6000}}
    {"command": "status"}                                     both slots
    {"command": "quit"}

Each is answered by one line: {"ok": true, …} or {"ok": false, "error": code, "detail": text, "field": name}. The first
line of all says that the process is ready. It ends with `quit`, and when its standard input closes.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cccd_reader.emulation.air import AirTime
from cccd_reader.emulation.card import EmulatedCard
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.faults import fault_from_json
from cccd_reader.emulation.image import CardImage
from cccd_reader.emulation.quirks import Quirks
from cccd_reader.emulation.vpcd import VirtualSlot

SLOTS = 2


@dataclass(frozen=True, slots=True)
class CardOptions:
    """What all cards of the process have in common."""

    quirks: Quirks = field(default_factory=Quirks)
    air: AirTime | None = None


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

    def place(self, slot: int, path: Path) -> None:
        """Lays the card of an image file down. Raises `EmulationError`: bad_image, slot_occupied."""
        card = EmulatedCard(CardImage.load(path), quirks=self._options.quirks, air=self._options.air)
        self._slots[slot].place(card)

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
        self.place(index, Path(image))
        return self._state(index)

    def _pull(self, request: Mapping[str, Any]) -> dict[str, Any]:
        index = _slot_index(request)
        self._slots[index].pull()
        return self._state(index)

    def _fault(self, request: Mapping[str, Any]) -> dict[str, Any]:
        index = _slot_index(request)
        fault = request.get("fault")
        if not isinstance(fault, dict):
            raise EmulationError(EmulationErrorCode.BAD_COMMAND, "an object with a kind", field="fault")
        self._slots[index].arm(fault_from_json(fault))
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
