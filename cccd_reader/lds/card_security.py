"""EF.CardSecurity: SecurityInfos signed by the issuer (ICAO 9303-11, 9.2.11; TR-03110-3, A.1.2.5).

It holds the static key of PACE with chip authentication mapping. EF.CardAccess has the infos that are needed before
the chip is open, and nobody signs those; here a copy of them is signed.
"""

from dataclasses import dataclass

from cccd_reader.lds.security_infos import SecurityInfos, parse_security_infos
from cccd_reader.lds.signed_data import SECURITY_OBJECT, Signed, SignedData, parse_signed_data, verify_signed_data

FILE = "CardSecurity"


@dataclass(frozen=True, slots=True)
class CardSecurity:
    infos: SecurityInfos
    signed_data: SignedData

    def verify(self) -> Signed:
        """Verifies the signature with the certificate inside. Raises `ChipDataError` when it is wrong,
        `UnsupportedKeyError` for algorithms outside 9303-12, 4.4. Whether the signer is the country's, `pki.chain`
        tells: without that the infos are no more trustworthy than those of EF.CardAccess."""
        return verify_signed_data(self.signed_data)


def parse_card_security(data: bytes) -> CardSecurity:
    """The file's content, or `ChipDataError`. The signature is not verified here."""
    signed = parse_signed_data(data, SECURITY_OBJECT, FILE)
    return CardSecurity(parse_security_infos(signed.content, FILE), signed)
