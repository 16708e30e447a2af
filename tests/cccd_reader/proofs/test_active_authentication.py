"""Active authentication: chips that own the key of DG15, chips that do not, and chips that answer anything."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.active_authentication import authenticate_actively
from cccd_reader.agreement import DhGroup, standard_group
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.curve_table import BRAINPOOLP224R1, BRAINPOOLP320R1, SECP192R1
from cccd_reader.curves import Curve
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.verdict import Check, CheckState, Verdict

PLAIN = "04007F000701010401"
"""ecdsa-plain-signatures; the hash follows."""
PLAIN_SHA256 = PLAIN + "03"


def dg15(spki: bytes) -> bytes:
    return tlv.encode(0x6F, spki)


def dg14(*algorithms: str) -> SecurityInfos:
    """DG14 with an ActiveAuthenticationInfo for each signature algorithm."""
    infos = b"".join(
        tlv.encode(0x30, bytes.fromhex("0606678108010105020101") + tlv.encode(0x06, bytes.fromhex(algorithm)))
        for algorithm in algorithms
    )
    return parse_dg14(tlv.encode(0x6E, tlv.encode(0x31, infos)))


def raw_form(signature: bytes, size: int) -> bytes:
    r, s = decode_dss_signature(signature)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def size_of(key: ec.EllipticCurvePrivateKey) -> int:
    return (key.curve.key_size + 7) // 8


def ecdsa_signer(key: ec.EllipticCurvePrivateKey, hash_name: str, form: str = "raw") -> Callable[[bytes], bytes]:
    def sign(challenge: bytes) -> bytes:
        algorithm = getattr(hashes, hash_name.upper())()
        digest = hashlib.new(hash_name, challenge).digest()
        signature = key.sign(digest, ec.ECDSA(Prehashed(algorithm)))
        return signature if form == "der" else raw_form(signature, size_of(key))

    return sign


def curve_signer(curve: Curve, private: int, hash_name: str) -> Callable[[bytes], bytes]:
    """ECDSA by hand, for the curves that the cryptographic library lacks."""

    def sign(challenge: bytes) -> bytes:
        digest = hashlib.new(hash_name, challenge).digest()
        e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
        nonce = curve.random_scalar()
        point = curve.multiply(nonce, curve.g)
        assert point is not None
        r = point.x % curve.n
        s = pow(nonce, -1, curve.n) * (e + r * private) % curve.n
        size = (curve.n.bit_length() + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign


def rsa_signer(key: rsa.RSAPrivateKey, hash_name: str = "sha256", trailer: str = "34CC") -> Callable[[bytes], bytes]:
    def sign(challenge: bytes) -> bytes:
        numbers = key.private_numbers()
        size, tail = key.key_size // 8, bytes.fromhex(trailer)
        recovered = bytes(size - 1 - len(tail) - hashlib.new(hash_name).digest_size)
        body = b"\x6a" + recovered + hashlib.new(hash_name, recovered + challenge).digest() + tail
        return pow(int.from_bytes(body, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")

    return sign


@pytest.fixture(scope="module")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.BrainpoolP256R1())


@pytest.fixture(scope="module")
def rsa_1024() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)


@pytest.fixture(scope="module")
def rsa_2048() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def chip(proof_chip: Any) -> Any:
    return proof_chip()


@pytest.fixture
def run(chip: Any, link_to: Any, spki_of: Any) -> Callable[..., Verdict]:
    """run(key or DG15, DG14's infos): authenticates `chip`."""

    def go(key: Any, infos: SecurityInfos | None = None, **options: Any) -> Verdict:
        file = key if isinstance(key, bytes) else dg15(spki_of(key))
        verdict = authenticate_actively(link_to(chip), file, infos, **options)
        assert verdict.check is Check.ACTIVE_AUTHENTICATION
        return verdict

    return go


Run = Callable[..., Verdict]


def test_the_worked_example_of_the_standard(
    run: Run, chip: Any, icao: dict[str, Any], rsa_1024: rsa.RSAPrivateKey
) -> None:
    example = icao["active_auth_rsa_sha1_icao9303_11_F"]
    challenge, representative = bytes.fromhex(example["rnd_ifd"]), bytes.fromhex(example["f"])
    numbers = rsa_1024.private_numbers()

    def sign(received: bytes) -> bytes:
        assert received == challenge
        return pow(int.from_bytes(representative, "big"), numbers.d, numbers.public_numbers.n).to_bytes(128, "big")

    chip.sign = sign
    verdict = run(rsa_1024, random=lambda size: challenge[:size])
    assert (verdict.state, verdict.reason) == (CheckState.SUCCESSFUL, "RSA 1024 SHA-1, ISO/IEC 9796-2")
    assert [(command.header.hex(), command.data, command.le) for command in chip.log] == [("00880000", challenge, 256)]


@pytest.mark.parametrize("suite", list(CipherSuite))
@pytest.mark.parametrize(
    ("hash_name", "trailer", "label"),
    [
        ("sha1", "BC", "SHA-1"),
        ("sha1", "33CC", "SHA-1"),
        ("sha224", "38CC", "SHA-224"),
        ("sha256", "34CC", "SHA-256"),
        ("sha384", "36CC", "SHA-384"),
        ("sha512", "35CC", "SHA-512"),
    ],
)
def test_rsa_with_every_trailer(
    proof_chip: Any,
    link_to: Any,
    spki_of: Any,
    rsa_1024: rsa.RSAPrivateKey,
    suite: CipherSuite,
    hash_name: str,
    trailer: str,
    label: str,
) -> None:
    chip = proof_chip(suite)
    chip.sign = rsa_signer(rsa_1024, hash_name, trailer)
    link = link_to(chip)
    verdict = authenticate_actively(link, dg15(spki_of(rsa_1024)), None)
    assert verdict == Verdict(Check.ACTIVE_AUTHENTICATION, CheckState.SUCCESSFUL, f"RSA 1024 {label}, ISO/IEC 9796-2")
    assert link.channel is not None
    assert link.channel.alive


@pytest.mark.parametrize("extended", [None, True])
def test_a_long_signature_comes_by_extended_length(
    run: Run, chip: Any, rsa_2048: rsa.RSAPrivateKey, extended: bool | None
) -> None:
    chip.sign = rsa_signer(rsa_2048)
    assert run(rsa_2048, extended=extended).state is CheckState.SUCCESSFUL
    # Nothing known: a short command first, which this chip answers with 6700.
    assert [command.extended for command in chip.raw] == ([False, True] if extended is None else [True])


@pytest.mark.parametrize("extended", [None, False])
def test_a_long_signature_comes_in_pieces(
    run: Run, chip: Any, rsa_2048: rsa.RSAPrivateKey, extended: bool | None
) -> None:
    chip.sign = rsa_signer(rsa_2048)
    chip.in_pieces = True
    chip.extended = False
    assert run(rsa_2048, extended=extended).state is CheckState.SUCCESSFUL
    assert [command.ins for command in chip.raw] == [0x88, 0xC0]


def test_a_reader_without_extended_length_cannot_tell(run: Run, chip: Any, rsa_2048: rsa.RSAPrivateKey) -> None:
    chip.sign = rsa_signer(rsa_2048)
    verdict = run(rsa_2048, extended=False)
    assert (verdict.state, verdict.reason) == (
        CheckState.UNDETERMINED,
        "the signature needs extended length (SW 6700)",
    )
    chip.sign = None
    assert run(rsa_2048, extended=False).state is CheckState.FAILED


def test_a_chip_that_refuses_the_long_form_is_asked_for_the_short_one(
    run: Run, chip: Any, rsa_2048: rsa.RSAPrivateKey
) -> None:
    chip.sign = rsa_signer(rsa_2048)
    chip.in_pieces = True
    chip.intercept = lambda command: ResponseApdu(b"", 0x6700) if command.extended else None
    assert run(rsa_2048, extended=True).state is CheckState.SUCCESSFUL


def test_a_reader_that_cannot_carry_the_answer_breaks_the_session(
    chip: Any, link_to: Any, spki_of: Any, rsa_2048: rsa.RSAPrivateKey
) -> None:
    chip.sign = rsa_signer(rsa_2048)
    chip.extended = False
    link = link_to(chip)
    verdict = authenticate_actively(link, dg15(spki_of(rsa_2048)), None)
    assert verdict.state is CheckState.ABORTED
    assert verdict.reason == "the session broke: the answer is not protected (SW 6700)"
    assert link.channel is not None
    assert not link.channel.alive


def test_a_reader_that_refuses_the_long_command_ends_the_session(
    chip: Any, link_to: Any, spki_of: Any, rsa_2048: rsa.RSAPrivateKey
) -> None:
    link = link_to(chip)
    chip.intercept = lambda command: _raise(CardErrorCode.BAD_ANSWER, "SCardTransmit answers 80100008")
    verdict = authenticate_actively(link, dg15(spki_of(rsa_2048)), None, extended=True)
    assert (verdict.state, verdict.reason) == (
        CheckState.ABORTED,
        "the session broke: SCardTransmit answers 80100008",
    )
    assert not link.channel.alive
    plain = link_to(chip)
    plain.channel = None
    chip.process = lambda raw: _raise(CardErrorCode.BAD_ANSWER, "refused")
    assert authenticate_actively(plain, dg15(spki_of(rsa_2048)), None).state is CheckState.ABORTED


@pytest.mark.parametrize("code", [CardErrorCode.CARD_REMOVED, CardErrorCode.TIMEOUT, CardErrorCode.READER_GONE])
def test_a_link_that_fails_is_an_error_and_no_verdict(
    run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey, code: CardErrorCode
) -> None:
    chip.intercept = lambda command: _raise(code, "gone")
    with pytest.raises(CardError) as caught:
        run(ec_key)
    assert caught.value.code is code


def _raise(code: CardErrorCode, detail: str) -> Any:
    raise CardError(code, detail)


@pytest.mark.parametrize("form", ["raw", "der"])
@pytest.mark.parametrize(
    ("algorithm", "hash_name", "label"),
    [
        (PLAIN + "01", "sha1", "SHA-1"),
        (PLAIN + "02", "sha224", "SHA-224"),
        (PLAIN + "03", "sha256", "SHA-256"),
        (PLAIN + "04", "sha384", "SHA-384"),
        (PLAIN + "05", "sha512", "SHA-512"),
        ("2A8648CE3D0401", "sha1", "SHA-1"),
        ("2A8648CE3D040301", "sha224", "SHA-224"),
        ("2A8648CE3D040302", "sha256", "SHA-256"),
        ("2A8648CE3D040303", "sha384", "SHA-384"),
        ("2A8648CE3D040304", "sha512", "SHA-512"),
    ],
)
def test_ecdsa_with_the_hash_of_dg14(
    run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey, form: str, algorithm: str, hash_name: str, label: str
) -> None:
    chip.sign = ecdsa_signer(ec_key, hash_name, form)
    verdict = run(ec_key, dg14(algorithm))
    note = " in DER" if form == "der" else ""
    assert (verdict.state, verdict.reason) == (CheckState.SUCCESSFUL, f"ECDSA brainpoolP256r1 {label}{note}")


def test_the_hash_that_dg14_names_is_the_only_one(run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey) -> None:
    chip.sign = ecdsa_signer(ec_key, "sha256")
    verdict = run(ec_key, dg14(PLAIN + "01"))
    assert (verdict.state, verdict.reason) == (CheckState.FAILED, "the signature is wrong (ECDSA brainpoolP256r1)")


@pytest.mark.parametrize("infos", [None, SecurityInfos()])
@pytest.mark.parametrize(
    ("curve", "hash_name", "label"),
    [
        ("secp224r1", "sha224", "SHA-224"),
        ("secp256r1", "sha256", "SHA-256"),
        ("brainpoolP256r1", "sha1", "SHA-1"),  # shorter than the key: allowed, and found
        ("secp384r1", "sha384", "SHA-384"),
        ("brainpoolP384r1", "sha256", "SHA-256"),
        ("brainpoolP512r1", "sha512", "SHA-512"),
        ("secp521r1", "sha512", "SHA-512"),
    ],
)
def test_without_dg14_the_hash_is_assumed_from_the_key(
    run: Run, chip: Any, native: Any, infos: SecurityInfos | None, curve: str, hash_name: str, label: str
) -> None:
    key = ec.generate_private_key(native[curve]())
    chip.sign = ecdsa_signer(key, hash_name)
    verdict = run(key, infos)
    assert (verdict.state, verdict.reason) == (
        CheckState.SUCCESSFUL,
        f"ECDSA {curve} {label}, hash assumed: DG14 names none",
    )
    chip.sign = ecdsa_signer(ec.generate_private_key(native[curve]()), hash_name)
    verdict = run(key, infos)
    assert (verdict.state, verdict.reason) == (
        CheckState.FAILED,
        f"the signature is wrong (ECDSA {curve}, hash assumed: DG14 names none)",
    )


@pytest.mark.parametrize(
    ("curve", "hash_name"), [(SECP192R1, "sha1"), (BRAINPOOLP224R1, "sha224"), (BRAINPOOLP320R1, "sha256")]
)
def test_curves_that_are_spelled_out_and_that_the_library_lacks(
    run: Run, chip: Any, explicit_spki: Any, curve: Curve, hash_name: str
) -> None:
    private = curve.random_scalar()
    public = curve.multiply(private, curve.g)
    assert public is not None
    file = dg15(explicit_spki(curve, curve.encode(public)))
    chip.sign = curve_signer(curve, private, hash_name)
    assert run(file).state is CheckState.SUCCESSFUL
    chip.sign = curve_signer(curve, private + 1, hash_name)
    assert run(file).state is CheckState.FAILED


def test_a_copied_chip_cannot_sign(run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey) -> None:
    verdict = run(ec_key)
    assert (verdict.state, verdict.reason) == (CheckState.FAILED, "the chip refuses to sign (SW 6D00)")


def test_a_copied_chip_signs_with_another_key(
    run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey, rsa_1024: rsa.RSAPrivateKey
) -> None:
    chip.sign = ecdsa_signer(ec.generate_private_key(ec.BrainpoolP256R1()), "sha256")
    assert run(ec_key, dg14(PLAIN_SHA256)).state is CheckState.FAILED
    chip.sign = rsa_signer(rsa.generate_private_key(65537, 1024))
    assert run(rsa_1024).state is CheckState.FAILED


def test_an_old_answer_is_no_answer_to_a_new_challenge(
    run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey, rsa_1024: rsa.RSAPrivateKey
) -> None:
    challenges = []

    def record(challenge: bytes) -> bytes:
        challenges.append(challenge)
        return ecdsa_signer(ec_key, "sha256")(bytes(8))

    chip.sign = record
    assert run(ec_key, dg14(PLAIN_SHA256)).state is CheckState.FAILED
    assert run(ec_key, dg14(PLAIN_SHA256)).state is CheckState.FAILED
    assert len(set(challenges)) == 2
    chip.sign = lambda challenge: rsa_signer(rsa_1024)(bytes(8))
    verdict = run(rsa_1024)
    assert (verdict.state, verdict.reason) == (
        CheckState.FAILED,
        "the hash in the signature is of another message",
    )


def test_signatures_that_are_cut_or_too_long(
    run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey, rsa_1024: rsa.RSAPrivateKey
) -> None:
    for change in (lambda s: s[:-1], lambda s: s + b"\x00", lambda s: b"", lambda s: s * 2):
        chip.sign = lambda challenge, change=change: change(rsa_signer(rsa_1024)(challenge))
        assert run(rsa_1024).state is CheckState.FAILED
        for form in ("raw", "der"):
            sign = ecdsa_signer(ec_key, "sha256", form)
            chip.sign = lambda challenge, change=change, sign=sign: change(sign(challenge))
            assert run(ec_key, dg14(PLAIN_SHA256)).state is CheckState.FAILED


def test_r_and_s_out_of_range(run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey) -> None:
    n = 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7
    for r, s in ((0, 0), (0, 1), (1, 0), (n, 1), (1, n), (n, n), (1 << 255, 0), ((1 << 256) - 1, (1 << 256) - 1)):
        chip.sign = lambda challenge, r=r, s=s: r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert run(ec_key, dg14(PLAIN_SHA256)).state is CheckState.FAILED


@pytest.mark.parametrize(
    "answer",
    [
        "3000",
        "3006020100020100",  # zeros
        "300602018102017F",  # a negative r
        "30080201010201010500",  # something more
        "3106020101020101",
        "3080020101020101 0000",
    ],
)
def test_other_structures_are_no_signatures(
    run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey, answer: str
) -> None:
    chip.sign = lambda challenge: bytes.fromhex(answer)
    assert run(ec_key, dg14(PLAIN_SHA256)).state is CheckState.FAILED


def test_an_algorithm_that_is_not_known(run: Run, chip: Any, ec_key: ec.EllipticCurvePrivateKey) -> None:
    verdict = run(ec_key, dg14(PLAIN + "06"))  # RIPEMD-160
    assert verdict.state is CheckState.NOT_SUPPORTED
    assert verdict.reason == "signature algorithm 0.4.0.127.0.7.1.1.4.1.6 for an EC key"
    assert not chip.log  # nothing was asked of the chip
    chip.sign = ecdsa_signer(ec_key, "sha256")
    assert run(ec_key, dg14(PLAIN + "06", PLAIN_SHA256)).state is CheckState.SUCCESSFUL


def test_dg14_says_nothing_about_rsa(run: Run, chip: Any, rsa_1024: rsa.RSAPrivateKey) -> None:
    chip.sign = rsa_signer(rsa_1024)
    assert run(rsa_1024, dg14(PLAIN + "06")).state is CheckState.SUCCESSFUL


def test_keys_that_cannot_sign_a_challenge(run: Run, dh_spki: Any) -> None:
    ed25519 = bytes.fromhex("302A300506032B6570032100") + bytes(32)
    assert run(dg15(ed25519)) == Verdict(
        Check.ACTIVE_AUTHENTICATION, CheckState.NOT_SUPPORTED, "key algorithm 1.3.101.112"
    )
    group = standard_group(1)
    assert isinstance(group, DhGroup)
    verdict = run(dg15(dh_spki(group.p, group.g, group.q, 4711)))
    assert (verdict.state, verdict.reason) == (
        CheckState.NOT_SUPPORTED,
        "a key for key agreement, which cannot sign",
    )


def test_an_rsa_modulus_of_broken_bytes(run: Run) -> None:
    key = rsa.generate_private_key(65537, 1028)
    assert run(key).reason == "an RSA modulus of no whole number of bytes"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("", "DG15: a tag is missing"),
        ("6E023000", "DG15: tag 6E where 6F must be"),
        ("6F023000", "DG15: nothing where tag 30 must be"),
    ],
)
def test_a_malformed_file(run: Run, chip: Any, file: str, reason: str) -> None:
    verdict = run(bytes.fromhex(file))
    assert (verdict.state, verdict.reason) == (CheckState.FAILED, reason)
    assert not chip.log


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(answer=st.binary(max_size=140), sw=st.sampled_from([0x9000, 0x6300, 0x6A80, 0x6F00]))
def test_any_answer_fails(
    proof_chip: Any,
    link_to: Any,
    spki_of: Any,
    ec_key: ec.EllipticCurvePrivateKey,
    rsa_1024: rsa.RSAPrivateKey,
    answer: bytes,
    sw: int,
) -> None:
    for key in (ec_key, rsa_1024):
        chip = proof_chip()
        chip.intercept = lambda command: ResponseApdu(answer, sw)
        link = link_to(chip)
        assert authenticate_actively(link, dg15(spki_of(key)), None).state is CheckState.FAILED
        assert link.channel.alive


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(answer=st.binary(max_size=140))
def test_any_bytes_over_the_air_end_the_session(
    proof_chip: Any, link_to: Any, spki_of: Any, ec_key: ec.EllipticCurvePrivateKey, answer: bytes
) -> None:
    chip = proof_chip()
    link = link_to(chip)
    chip.process = lambda raw: answer + b"\x90\x00"
    verdict = authenticate_actively(link, dg15(spki_of(ec_key)), None)
    assert verdict.state is CheckState.ABORTED
    assert not link.channel.alive


def test_the_command_is_a_plain_one_where_there_is_no_session(
    chip: Any, link_to: Any, spki_of: Any, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    link = link_to(chip)
    link.channel = None
    sign = ecdsa_signer(ec_key, "sha256")

    def process(raw: bytes) -> bytes:
        command = CommandApdu.decode(raw)
        assert (command.header.hex(), command.le) == ("00880000", 256)
        return sign(command.data) + b"\x90\x00"

    chip.process = process
    assert authenticate_actively(link, dg15(spki_of(ec_key)), None).state is CheckState.SUCCESSFUL
