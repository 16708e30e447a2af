"""The cards that the sessions are fuzzed with: Bích's, with a picture that is hardly one."""

import functools

from cccd_reader.emulation import CardImage, TestSigner, personalise
from cccd_reader.emulation.variants import ChipAuthenticationVariant, PaceVariant
from cccd_reader.pki.certificate import parse_certificate
from cccd_reader.pki.trust_store import TrustStore
from tests.people import BICH

PICTURE = bytes.fromhex("FFD8FFC0000B080190012C01011100FFD9")
"""A JPEG that has nothing but a frame header, of 300×400 pixels."""


@functools.cache
def card_image() -> CardImage:
    """As known Vietnamese chips have it: one PACE, one chip authentication, active authentication."""
    return personalise(BICH, PICTURE, signer=_signer())


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
    return personalise(BICH, PICTURE, signer=_signer(), pace=pace, chip_authentication=chip)
