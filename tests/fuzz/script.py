"""A card whose answers are a script: how fuzz bytes become what a card says."""

from collections.abc import Iterable, Iterator

from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport.base import split_answer

_LENGTH_BYTES = 2


def pack(parts: Iterable[bytes]) -> bytes:
    """Answers as the input of a target: each with its length in two bytes."""
    return b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in parts)


def unpack(data: bytes) -> Iterator[bytes]:
    """The answers in any bytes. A length that is too long takes what is there."""
    position = 0
    while position < len(data):
        length = int.from_bytes(data[position : position + _LENGTH_BYTES], "big")
        position += _LENGTH_BYTES
        yield data[position : position + length]
        position += length


class ScriptedCard:
    """A connection that gives one answer after the other, whatever the command; then the card is gone."""

    kind = "local"
    name = "script"
    atr = bytes.fromhex("3B80800101")

    def __init__(self, answers: Iterable[bytes], max_data_bytes: int | None = None) -> None:
        self._answers = iter(answers)
        self.max_data_bytes = max_data_bytes
        self.sent: list[bytes] = []

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        CommandApdu.decode(apdu)  # whatever a card answers, what we send it is a command
        self.sent.append(apdu)
        answer = next(self._answers, None)
        if answer is None:
            raise CardError(CardErrorCode.CARD_REMOVED, "the script is over")
        return split_answer(answer)

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass

    def send(self, command: CommandApdu) -> ResponseApdu:
        """One exchange without follow-ups, as the access protocols take it."""
        return ResponseApdu(*self.transmit(command.encode()))


class Determined:
    """Random numbers that are the same in each execution: a finding can be run again."""

    def __init__(self, seed: int = 1) -> None:
        self._state = seed

    def __call__(self, size: int) -> bytes:
        numbers = bytearray()
        while len(numbers) < size:
            # The constants of Knuth's MMIX; the high bytes are the good ones.
            self._state = (self._state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            numbers += (self._state >> 32).to_bytes(4, "big")
        return bytes(numbers[:size])
