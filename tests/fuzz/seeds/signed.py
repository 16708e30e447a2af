"""Signed files, certificates, keys and signatures."""

import hashlib

from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cccd_reader import tlv
from cccd_reader.card_access import FALLBACK
from cccd_reader.emulation import SignerKind, TestSigner
from cccd_reader.lds.files import EF
from cccd_reader.pki.master_list import parse_master_list
from tests.fuzz import proofs
from tests.fuzz.mutator import Node, parse_tree
from tests.fuzz.script import pack
from tests.fuzz.seeds.files import certificate_of
from tests.fuzz.seeds.samples import Make, Seeds, file_of, sample


def _indefinite(node: Node) -> bytes:
    """The tree with lengths that are not known in advance, and long octet strings in pieces."""
    if node.tag == b"\x04" and len(node.value) > 8:
        half = len(node.value) // 2
        pieces = tlv.encode(0x04, node.value[:half]) + tlv.encode(0x04, node.value[half:])
        return b"\x24\x80" + pieces + b"\x00\x00"
    if not node.children or not node.tag[0] & 0x20:
        return node.encode()
    return node.tag + b"\x80" + b"".join(map(_indefinite, node.children)) + b"\x00\x00"


def _streamed(data: bytes) -> bytes:
    (root,), _ = parse_tree(data, [])
    return _indefinite(root)


def _ber() -> Seeds:
    yield _streamed(FALLBACK)
    yield _streamed(tlv.decode(file_of(EF.SOD)).value)
    yield bytes.fromhex("24800402616204016300000000")
    yield bytes.fromhex("3080") * 40


def _sod() -> Seeds:
    return [file_of(EF.SOD), sample("bsi2008/EF_SOD.bin")]


def _card_security() -> Seeds:
    infos = tlv.decode(proofs.dg14_file(2, dh=False)).value
    yield TestSigner.create().sign_card_security(infos)
    yield TestSigner.create(SignerKind.RSA).sign_card_security(tlv.encode(0x31, b""))


def _certificates() -> Seeds:
    signer = TestSigner.create()
    yield from _listed_certificates()
    yield certificate_of(sample("bsi2008/EF_SOD.bin"))
    yield signer.csca_certificate
    yield signer.document_signer_certificate
    yield TestSigner.create(SignerKind.RSA).csca_certificate


def _listed_certificates() -> Seeds:
    """Of a public master list, the first with each extension, each algorithm and each kind of key: eight at most."""
    seen: set[object] = set()
    listed = parse_master_list(sample("master_lists/NL_ML_2026-07-22.ml")).certificates
    for certificate in sorted(listed, key=lambda found: -len(found.extensions))[:150]:
        kinds = {*certificate.extensions, certificate.algorithm, certificate.spki[:20]}
        if len(kinds - seen) > 1 and len(seen) < 40:
            seen |= kinds
            yield certificate.raw


def _signature() -> Seeds:
    message = b"the signed message"
    ec_key, rsa_key = ec.generate_private_key(ec.BrainpoolP256R1()), rsa.generate_private_key(65537, 1024)
    sha256 = hashes.SHA256()
    pss = padding.PSS(padding.MGF1(sha256), 32)
    signed = [
        (ec_key, {"algorithm": "sha256_ecdsa"}, ec_key.sign(message, ec.ECDSA(sha256))),
        (rsa_key, {"algorithm": "sha256_rsa"}, rsa_key.sign(message, padding.PKCS1v15(), sha256)),
        (
            rsa_key,
            {
                "algorithm": "rsassa_pss",
                "parameters": algos.RSASSAPSSParams(
                    {
                        "hash_algorithm": {"algorithm": "sha256"},
                        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
                        "salt_length": 32,
                    }
                ),
            },
            rsa_key.sign(message, pss, sha256),
        ),
    ]
    for key, algorithm, value in signed:
        identifier = algos.SignedDigestAlgorithm(algorithm).dump()
        yield pack([proofs.spki_of(key.public_key()), identifier, message, value])


def _message_recovery() -> Seeds:
    """Right ones with partial recovery, for each trailer."""
    for trailer, name in ((b"\xbc", "sha1"), (b"\x34\xcc", "sha256"), (b"\x35\xcc", "sha512")):
        digest_bytes = hashlib.new(name).digest_size
        recovered = bytes(range(128 - 1 - digest_bytes - len(trailer)))
        digest = hashlib.new(name, recovered + proofs.CHALLENGE).digest()
        yield b"\x6a" + recovered + digest + trailer + proofs.CHALLENGE


SEEDS: dict[str, Make] = {
    "certificate": _certificates,
    "card_security": _card_security,
    "ber": _ber,
    "sod": lambda: [*_sod(), tlv.encode(0x77, _streamed(tlv.decode(file_of(EF.SOD)).value))],
    "signature": _signature,
    "message_recovery": _message_recovery,
}
