"""The files of a citizen card and their identifiers (ICAO 9303-10, table 38; 9303-11, 9.2)."""

from collections.abc import Mapping

FID_CARD_ACCESS = 0x011C
FID_CARD_SECURITY = 0x011D
"""In the master file, where EF.SOD's identifier is free (9303-10, 3.11.3)."""
FID_COM = 0x011E
FID_SOD = 0x011D

DATA_GROUPS = range(1, 17)


def fid_of_group(group: int) -> int:
    """The identifier of EF.DG1 to EF.DG16."""
    return 0x0100 | group


FID_DG3, FID_DG4 = fid_of_group(3), fid_of_group(4)

FILE_NAMES: Mapping[int, str] = {
    FID_CARD_ACCESS: "CardAccess",
    FID_COM: "COM",
    FID_SOD: "SOD",
    **{fid_of_group(group): f"DG{group}" for group in DATA_GROUPS},
}
