"""The one card that the sessions are fuzzed with: a person who does not exist, and a picture that is hardly one."""

import functools
from datetime import date

from cccd_reader.emulation import CardImage, SyntheticCitizen, TestSigner, personalise
from cccd_reader.emulation.variants import ChipAuthenticationVariant, PaceVariant
from cccd_reader.pki.certificate import parse_certificate
from cccd_reader.pki.trust_store import TrustStore

NUMBER = "001199012345"

PICTURE = bytes.fromhex("FFD8FFC0000B080190012C01011100FFD9")
"""A JPEG that has nothing but a frame header, of 300×400 pixels."""


def person() -> SyntheticCitizen:
    return SyntheticCitizen(
        number=NUMBER,
        full_name="Đặng Thị Ngọc Bích",
        birth_date=date(1999, 1, 15),
        sex="F",
        residence="Số 4, Phố Năm, Phường Sáu",
        place_of_origin="Phường Một, Quận Hai",
        issue_date=date(2022, 3, 20),
        expiry_date=date(2039, 1, 15),
        father="Đặng Văn Cường",
        mother="Trần Thị Dung",
        spouses=("Lê Văn Giang",),
        old_number="012345678",
    )


@functools.cache
def card_image() -> CardImage:
    """As known Vietnamese chips have it: one PACE, one chip authentication, active authentication."""
    return personalise(person(), PICTURE, signer=_signer())


@functools.cache
def trust_store() -> TrustStore:
    """The authority of that card, and no other."""
    return TrustStore.of([parse_certificate(_signer().csca_certificate)])


@functools.cache
def _signer() -> TestSigner:
    return TestSigner.create()


@functools.cache
def versatile_image() -> CardImage:
    """A chip with every mapping, and chip authentication in both kinds of group."""
    pace = [PaceVariant.parse(text) for text in ("ecdh-cam-aes128:13", "ecdh-im-aes128:12", "dh-gm-aes128:0")]
    chip = [ChipAuthenticationVariant.parse(text) for text in ("ecdh-aes128:13", "dh-3des:0")]
    return personalise(person(), PICTURE, signer=_signer(), pace=pace, chip_authentication=chip)
