"""The elementary files of the eMRTD application that this package knows (ICAO 9303-10, 4.6 and table 38)."""

from enum import Enum


class EF(Enum):
    """An elementary file of the eMRTD application: (name, file identifier, short identifier, tag, sizes).

    `least_bytes` is what a file of this kind has at the very least: asking for so much learns the file's length and
    never reads past its end, for chips that do not take that.
    `typical_bytes` is what cards have; it is for progress bars until the real length is known.
    """

    COM = ("COM", 0x011E, 0x1E, 0x60, 16, 26)
    DG1 = ("DG1", 0x0101, 0x01, 0x61, 77, 95)  # two lines of 36 characters; a card's three of 30 are 95 bytes
    DG13 = ("DG13", 0x010D, 0x0D, 0x6D, 64, 600)  # number, name, birth and sex with their frames
    SOD = ("SOD", 0x011D, 0x1D, 0x77, 512, 2000)  # a signature, a certificate and a hash per data group
    DG14 = ("DG14", 0x010E, 0x0E, 0x6E, 16, 400)  # one SecurityInfo
    DG15 = ("DG15", 0x010F, 0x0F, 0x6F, 64, 300)  # a key of the shortest curve
    DG2 = ("DG2", 0x0102, 0x02, 0x75, 512, 15_200)  # a photo
    # Not read with a citizen card: fingerprints are for authorities, and other states' cards have the other two.
    DG3 = ("DG3", 0x0103, 0x03, 0x63, 8, 20_000)
    DG11 = ("DG11", 0x010B, 0x0B, 0x6B, 4, 200)
    DG12 = ("DG12", 0x010C, 0x0C, 0x6C, 4, 100)

    def __init__(self, label: str, fid: int, sfi: int, tag: int, least_bytes: int, typical_bytes: int) -> None:
        self.label = label
        self.fid = fid
        self.sfi = sfi
        self.tag = tag
        self.least_bytes = least_bytes
        self.typical_bytes = typical_bytes

    @property
    def data_group(self) -> int | None:
        """The number that EF.SOD lists the file's hash under."""
        return int(self.label[2:]) if self.label.startswith("DG") else None


READING_ORDER = (EF.DG1, EF.DG13, EF.SOD, EF.DG14, EF.DG15, EF.DG2)
"""Identity first, so that it can be shown while the photo, half of all bytes, is still on its way."""

REQUIRED = frozenset({EF.DG1, EF.SOD})
"""Every chip has DG1, DG2 and EF.SOD (9303-10, 4.6). A card whose photo cannot be read still serves at the counter."""
