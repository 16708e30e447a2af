"""How PACE turns the nonce into a new base (ICAO 9303-11, 4.4.3.3): the generic and the integrated mapping."""

from cccd_reader import crypto
from cccd_reader.agreement import E, Group
from cccd_reader.crypto import CipherSuite

_SHORT = (
    bytes.fromhex("A668892A7C41E3CA739F40B057D85904"),
    bytes.fromhex("A4E136AC725F738B01C1F60217C188AD"),
)
_LONG = (
    bytes.fromhex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
    bytes.fromhex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
)
_CONSTANTS = {
    CipherSuite.DES3: _SHORT,
    CipherSuite.AES128: _SHORT,
    CipherSuite.AES192: _LONG,
    CipherSuite.AES256: _LONG,
}
"""(c0, c1) of 4.4.3.3.2; their length is l, the length of a nonce s."""

_EXTRA_BITS = 64
"""Drawn beyond the size of p, so that the remainder modulo p is as good as uniform."""


def nonce_bytes(suite: CipherSuite) -> int:
    """Length of the nonce s of the integrated mapping: the least number of blocks that holds a key (4.4.3.3)."""
    return len(_CONSTANTS[suite][0])


def map_generic(group: Group[E], nonce: bytes, h: E) -> E:
    """Ĝ = s·G + H with H from an anonymous key agreement (4.4.3.3.1)."""
    return group.add(group.multiply(int.from_bytes(nonce, "big"), group.generator), h)


def map_integrated(group: Group[E], suite: CipherSuite, s: bytes, t: bytes) -> E:
    """Ĝ = f(R_p(s, t)), f as the group has it (4.4.3.3.2)."""
    return group.map_number(pseudo_random(suite, s, t, group.prime))


def pseudo_random(suite: CipherSuite, s: bytes, t: bytes, p: int) -> int:
    """R_p(s, t): s is `nonce_bytes` long, t as long as a key (4.4.3.3.2, figure 2)."""
    c0, c1 = _CONSTANTS[suite]
    count = -(-(p.bit_length() + _EXTRA_BITS) // (8 * len(c0)))
    key = crypto.encrypt_cbc(suite, t, s)[: suite.key_bytes]
    output = b""
    for _ in range(count):
        output += crypto.encrypt_cbc(suite, key, c1)
        key = crypto.encrypt_cbc(suite, key, c0)[: suite.key_bytes]
    return int.from_bytes(output, "big") % p
