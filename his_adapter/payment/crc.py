"""CRC-16/CCITT-FALSE, the checksum of EMVCo QR codes: polynomial 1021, start FFFF, nothing reflected."""

POLYNOMIAL = 0x1021
START = 0xFFFF


def crc16(data: bytes) -> int:
    """The checksum of `data`; 0x29B1 for ``123456789``."""
    value = START
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ POLYNOMIAL if value & 0x8000 else value << 1
        value &= 0xFFFF
    return value
