"""How long an exchange takes over the air: a model, to see a reading at a patient's speed without hardware.

What is known by the standard is counted: bits, frames, the acknowledgement of each frame of a longer block, and the
pause after every frame. What chip and reader need for themselves is unknown, and is `AirTime.fixed_s`.
"""

from dataclasses import dataclass
from math import ceil

RATES_KBIT = (106, 212, 424, 848)
"""The bit rates of ISO/IEC 14443-2."""

_BITS_PER_BYTE = 9
"""Type A: eight bits and parity (ISO/IEC 14443-3, 6.2)."""
_FRAME_PAYLOAD_BYTES = 253
_FRAME_OVERHEAD_BYTES = 3
"""A frame of 256 bytes has a block control byte and a checksum of two (ISO/IEC 14443-4, 7.1)."""
_ACKNOWLEDGEMENT_BYTES = 3
"""R(ACK), by which the other side asks for the next frame of a chain (ISO/IEC 14443-4, 7.5.2)."""

FRAME_DELAY_S = 1172 / 13.56e6
"""The shortest pause between frames, 1172 periods of the carrier at any rate (ISO/IEC 14443-3, 6.2.1)."""


@dataclass(frozen=True, slots=True)
class AirTime:
    """`rate_kbit` one of `RATES_KBIT`; `fixed_s` what chip and reader take for any APDU."""

    rate_kbit: int = 106
    fixed_s: float = 0.0

    def seconds(self, sent: int, received: int) -> float:
        """The time of one exchange of so many bytes."""
        frames = max(1, ceil(sent / _FRAME_PAYLOAD_BYTES)) + max(1, ceil(received / _FRAME_PAYLOAD_BYTES))
        acknowledgements = frames - 2
        on_air = sent + received + frames * _FRAME_OVERHEAD_BYTES + acknowledgements * _ACKNOWLEDGEMENT_BYTES
        pauses = (frames + acknowledgements) * FRAME_DELAY_S
        return self.fixed_s + pauses + on_air * _BITS_PER_BYTE / (self.rate_kbit * 1000)
