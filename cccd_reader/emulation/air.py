"""How long an exchange takes over the air: a model, to see a reading at a patient's speed without hardware."""

from dataclasses import dataclass
from math import ceil

RATES_KBIT = (106, 212, 424, 848)
"""The bit rates of ISO/IEC 14443-2."""

_BITS_PER_BYTE = 9
"""Type A: eight bits and parity (ISO/IEC 14443-3, 6.2)."""
_FRAME_PAYLOAD_BYTES = 253
_FRAME_OVERHEAD_BYTES = 3
"""A frame of 256 bytes has a block control byte and a checksum of two (ISO/IEC 14443-4, 7.1)."""


@dataclass(frozen=True, slots=True)
class AirTime:
    """`rate_kbit` one of `RATES_KBIT`; `fixed_s` what chip and reader take for any APDU."""

    rate_kbit: int = 106
    fixed_s: float = 0.0

    def seconds(self, sent: int, received: int) -> float:
        """The time of one exchange of so many bytes."""
        frames = max(1, ceil(sent / _FRAME_PAYLOAD_BYTES)) + max(1, ceil(received / _FRAME_PAYLOAD_BYTES))
        bits = (sent + received + frames * _FRAME_OVERHEAD_BYTES) * _BITS_PER_BYTE
        return self.fixed_s + bits / (self.rate_kbit * 1000)
