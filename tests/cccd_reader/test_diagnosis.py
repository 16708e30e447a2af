"""The diagnosis of cards that misbehave: a report comes out whatever they do, with the failure in its place."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cccd_reader import tlv
from cccd_reader.diagnosis import CODE, as_text, diagnose, is_failure
from cccd_reader.diagnosis.classes import length_class, size_class, spread, text_class
from cccd_reader.diagnosis.content_probes import probe_com, probe_dg1, probe_dg2, probe_dg13, probe_dg14, probe_dg15
from cccd_reader.diagnosis.content_probes import probe_qr as probe_code
from cccd_reader.diagnosis.keys import describe_infos, describe_key
from cccd_reader.diagnosis.oids import oid_text
from cccd_reader.diagnosis.report import attempt
from cccd_reader.diagnosis.sod_probe import probe_sod
from cccd_reader.emulation import (
    ActiveAuthenticationVariant,
    CardImage,
    EmulatedCard,
    Fault,
    PullAt,
    Quirks,
    SignerKind,
    SilenceAt,
    StatusWordAt,
    TestSigner,
    TruncateAt,
    WrongMacAt,
    personalise,
    tampered,
)
from cccd_reader.errors import CardError, ChipDataError
from cccd_reader.keys import KeyRing, keyring_from_number
from cccd_reader.lds.dg2 import parse_dg2
from cccd_reader.lds.files import EF
from cccd_reader.qr import parse_qr
from cccd_reader.transport.local import LocalConnection
from tests.people import AN

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def run(card: EmulatedCard, keys: KeyRing | None = None) -> dict[str, dict]:
    report = diagnose(LocalConnection(card), keys or keyring_from_number(AN.number))
    assert json.loads(json.dumps(report)) == report
    assert as_text(report)
    return report


def failures(report: dict[str, dict]) -> dict[str, str]:
    """The sections that were not found out, and the codes of their failures."""
    return {name: value[CODE] for name, value in report.items() if is_failure(value)}


@pytest.mark.parametrize(
    "kind", [PullAt, SilenceAt, WrongMacAt, lambda n: TruncateAt(n, 1), lambda n: TruncateAt(n, 2)]
)
@pytest.mark.parametrize("moment", [1, 9, 30, 120])
def test_a_fault_at_any_moment_costs_its_section_at_most(
    image: CardImage, kind: Callable[[int], Fault], moment: int
) -> None:
    card = EmulatedCard(image)
    card.arm(kind(moment))
    report = run(card)
    assert {"software", "reader", "status words", "timings"} <= set(report)
    assert len(failures(report)) <= 1


def test_a_chip_that_answers_an_error_to_everything(image: CardImage) -> None:
    class Broken(EmulatedCard):
        def process(self, apdu: bytes) -> bytes:
            return bytes.fromhex("6F00")

    report = run(Broken(image))
    assert failures(report) == {"access": "unsupported"}
    assert report["status words"] == {"6F00 UNKNOWN": report["timings"]["all"]["count"]}


def test_a_key_that_does_not_fit_is_tried_once(image: CardImage) -> None:
    report = run(EmulatedCard(image), keyring_from_number("001099999999"))
    assert failures(report) == {"access": "wrong_key"}
    assert report["access"]["failed"].startswith("wrong_key in PACE")
    assert "files" not in report
    assert report["CardAccess"]["bytes"] == 54


def test_without_a_key_nothing_is_opened(image: CardImage) -> None:
    report = diagnose(LocalConnection(EmulatedCard(image)), None)
    assert list(report) == ["software", "reader", "master file", "CardAccess", "status words", "timings"]


def test_a_session_that_dies_is_opened_again(image: CardImage) -> None:
    card = EmulatedCard(image)
    card.arm(StatusWordAt(25, 0x6988))
    report = run(card)
    assert failures(report) == {}
    assert "6988 SM_OBJECTS_INCORRECT" in report["status words"]
    assert report["files"]["DG2"]["size"] == "14-15 kB"


def test_files_that_are_malformed_fail_alone(image: CardImage) -> None:
    broken = image
    for ef in (EF.DG13, EF.DG14, EF.SOD, EF.COM):
        broken = tampered(broken, ef.fid, tlv.encode(ef.tag, b"\x30\x05\x01"))
    report = run(EmulatedCard(broken))
    assert failures(report) == dict.fromkeys(("COM", "DG13", "DG1", "SOD", "DG14", "reading"), "bad_data")
    assert report["DG15"]["key"] == "brainpoolP256r1"
    assert report["pieces"]["112 bytes"]["received"] == "all"


def test_a_chip_without_extended_length(image: CardImage) -> None:
    report = run(EmulatedCard(image, quirks=Quirks(extended_length=False)))
    assert report["pieces"]["223 bytes"]["received"] == "all"
    tried = [name for name in report["pieces"] if int(name.split()[0]) > 256]
    assert tried == ["479 bytes", "1024 bytes"]


def test_a_chip_with_a_small_buffer_is_read_in_smaller_pieces(image: CardImage) -> None:
    report = run(EmulatedCard(image, quirks=Quirks(extended_length=False, answer_bytes=200)))
    assert failures(report) == {}
    assert report["files"]["DG2"]["size"] == "14-15 kB"
    assert report["pieces"]["160 bytes"]["received"] == "all"
    assert report["pieces"]["223 bytes"]["received"] == 0


def test_a_chip_without_short_identifiers_and_without_card_access(image: CardImage) -> None:
    report = run(EmulatedCard(image, quirks=Quirks(short_identifiers=False, hides_card_access=True)))
    assert "protocols" not in report["CardAccess"]
    assert not report["files"]["DG13"]["READ by short identifier"].startswith("9000")
    assert report["files"]["DG13"]["READ"].startswith("9000")


def test_a_chip_that_ends_every_session_is_given_up(image: CardImage) -> None:
    class Short(EmulatedCard):
        """Every session ends soon after it was opened."""

        def process(self, apdu: bytes) -> bytes:
            if self.apdus >= 10:
                return bytes.fromhex("6988")
            return super().process(apdu)

    report = run(Short(image))
    assert "too many sessions" in str(report["files"])
    assert "pieces" in report


def test_a_chip_that_loses_its_answers_length_is_read_in_smaller_pieces(image: CardImage) -> None:
    class Cutting(EmulatedCard):
        """Its reader carries no more than 200 bytes, and drops the rest without a word."""

        def process(self, apdu: bytes) -> bytes:
            answer = super().process(apdu)
            return answer if len(answer) <= 200 else answer[:198] + answer[-2:]

    report = run(Cutting(image))
    assert report["files"]["DG2"]["size"] == "14-15 kB"
    assert report["pieces"]["112 bytes"]["received"] == "all"
    assert report["pieces"]["223 bytes"]["code"] == "secure_messaging"


@pytest.mark.parametrize(
    ("variant", "quirks", "form"),
    [
        ("ec-brainpoolP256r1-sha256", Quirks(der_signatures=True), "DER"),
        ("ec-secp384r1-sha384", Quirks(), "plain r and s"),
        ("rsa-1024-sha1", Quirks(), "as long as the modulus"),
    ],
)
def test_the_form_of_active_authentications_answer(image: CardImage, variant: str, quirks: Quirks, form: str) -> None:
    card = personalise(
        AN,
        parse_dg2(image.files[EF.DG2.fid]).data,
        active_authentication=ActiveAuthenticationVariant.parse(variant),
    )
    report = run(EmulatedCard(card, quirks=quirks))
    assert report["active authentication"]["short"]["form"] == form


def test_a_long_answer_of_active_authentication_is_asked_for_in_the_long_form(image: CardImage) -> None:
    card = personalise(
        AN,
        parse_dg2(image.files[EF.DG2.fid]).data,
        active_authentication=ActiveAuthenticationVariant.parse("rsa-2048-sha256"),
    )
    report = run(EmulatedCard(card, quirks=Quirks(response_chaining=False)))
    assert "form" not in report["active authentication"]["short"]
    assert report["active authentication"]["extended"]["form"] == "as long as the modulus"


def test_a_key_from_the_mrz_is_told_by_its_place(image: CardImage) -> None:
    report = run(EmulatedCard(image), KeyRing(can=None, mrz=(image.mrz_key,)))
    assert report["access"]["key"] == "MRZ, candidate 1 of 1"


def test_sections_can_be_left_out(image: CardImage) -> None:
    report = diagnose(
        LocalConnection(EmulatedCard(image)),
        keyring_from_number(AN.number),
        leave_out=("reading", "other ways in", "pieces"),
    )
    assert {"reading", "other ways in", "pieces"}.isdisjoint(report)
    assert "DG13" in report


def test_the_qr_codes_last_fields_are_compared_with_the_chip(image: CardImage) -> None:
    qr = parse_qr(image.qr_text + "|Nguyễn Văn Ba|lê thị tư|123456789|")
    assert probe_code(qr, image.files[EF.DG13.fid]) == {
        "fields after the seventh": 4,
        "old number": "empty",
        "field 8": "equals father",
        "field 9": "equals mother",
        "field 10": "9 digits, 9-16 bytes",
        "field 11": "empty",
    }
    assert probe_code(qr, b"\x6d\x00")["field 8"] == "text, 9-16 bytes"
    assert probe_code(qr, None)["field 9"] == "text, 9-16 bytes"


def test_a_bug_in_a_probe_is_told_by_its_kind_alone() -> None:
    def buggy() -> None:
        raise RuntimeError(AN.number)

    assert attempt(buggy) == {"failed": "RuntimeError in this program", CODE: "bug"}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", "empty"),
        (" ", "empty"),
        ("15/01/1999", "dd/mm/yyyy"),
        ("15011999", "ddmmyyyy or 8 digits"),
        ("1999", "yyyy or 4 digits"),
        ("012345678", "9 digits"),
        (AN.number, "12 digits"),
        ("12345", "digits"),
        ("0123456789ABCDEF", "16 hexadecimal characters"),
        ("0123456789ABCDEF01", "hexadecimal characters"),
        ("QUJDREVGR0hJSktMTU5PUFFSU1RVVg==", "like base64"),
        ("NGUYEN VAN AN", "letters A-Z and spaces"),
        ("Không thời hạn", "the text for no expiry"),
        ("Nguyễn Văn An", "text"),
        ("Số 4", "text with digits"),
        ("a\x00b", "text with control characters"),
    ],
)
def test_the_forms_of_texts(text: str, form: str) -> None:
    assert text_class(text) == form


def test_the_classes_of_lengths_and_sizes() -> None:
    assert [length_class(n) for n in (0, 1, 8, 9, 128, 129)] == ["0", "1-8", "1-8", "9-16", "65-128", "over 128"]
    assert [size_class(n) for n in (0, 63, 64, 1023, 1024, 15226)] == [
        "0-63 bytes",
        "0-63 bytes",
        "64-127 bytes",
        "960-1023 bytes",
        "1-2 kB",
        "14-15 kB",
    ]
    assert spread([]) == {"count": 0}
    assert spread([0.003, 0.001, 0.0021]) == {"count": 3, "min_ms": 1.0, "median_ms": 2.1, "max_ms": 3.0}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("04007F00070202040604", "0.4.0.127.0.7.2.2.4.6.4 (id-PACE-ECDH-CAM-AES-CBC-CMAC-256)"),
        ("04007F000702020303", "0.4.0.127.0.7.2.2.3.3"),
        ("04007F000702020302", "0.4.0.127.0.7.2.2.3.2 (id-CA-ECDH)"),
        ("04007F00070101040103", "0.4.0.127.0.7.1.1.4.1.3 (ecdsa-plain-SHA256)"),
        ("28D316010008", "1.0.10646.1.0.8 (ISO 10646 UTF-8)"),
        ("2A03", "1.2.3"),
        ("", "?"),
    ],
)
def test_object_identifiers_have_names(content: str, text: str) -> None:
    assert oid_text(bytes.fromhex(content)) == text


def test_a_key_with_explicit_parameters_is_matched_and_said_to_be_one(emrtd_data: Path) -> None:
    sod = (emrtd_data / "bsi2008" / "EF_SOD.bin").read_bytes()
    found = probe_sod(sod, NOW)
    certificate = found["certificates"][0]  # type: ignore[index]
    assert certificate["key"]["parameters"] == "spelled out"
    assert certificate["key"]["key"] == "brainpoolP224r1"
    assert certificate["valid now"] is False
    assert found["signers"][0]["digest algorithm"].endswith("(SHA-1)")  # type: ignore[index]


def test_the_specimens_of_the_german_authority(emrtd_data: Path) -> None:
    files = {path.stem: path.read_bytes() for path in (emrtd_data / "bsi2008").glob("*.bin")}
    assert probe_dg2(files["Datagroup2"])["codec"] == "jpeg2000"
    assert probe_dg15(files["Datagroup15"])["key"] == "RSA of 1024 bits, exponent of 17 bits"
    assert probe_dg14(files["Datagroup14"])


def test_infos_without_sense_are_described_as_such() -> None:
    strange = tlv.encode(
        0x31,
        tlv.encode(0x04, b"x")
        + tlv.encode(0x30, tlv.encode(0x06, b"\x2a\x03") + bytes.fromhex("020401020304") + tlv.encode(0x04, b"raw")),
    )
    assert describe_infos(strange, "DG14") == [
        {"protocol": "none (tag 04)"},
        {"protocol": "1.2.3", "numbers": ["a large number"], "other tags": ["04"]},
    ]
    with pytest.raises(ChipDataError, match="no SubjectPublicKeyInfo"):
        describe_key(b"\x30\x00", "DG15")
    assert describe_key(bytes.fromhex("300730050603550403"), "DG15")["key"]["code"] == "bad_data"  # type: ignore[index]


def test_com_without_its_versions() -> None:
    assert probe_com(bytes.fromhex("60055C036175FF")) == {
        "LDS version": None,
        "Unicode version": None,
        "data groups": [1, 2],
        "unknown tags": ["FF"],
    }


def test_com_with_a_version_that_is_none() -> None:
    with pytest.raises(ChipDataError, match="the LDS version is not 4 digits"):
        probe_com(bytes.fromhex("600B5F0104313037785C026175"))


def test_dg1_alone(image: CardImage) -> None:
    found = probe_dg1(image.files[EF.DG1.fid], None)
    assert found["document number is its last nine digits"] is True
    assert "expiry equals DG13" not in found


def test_a_field_that_is_no_text_is_counted(image: CardImage) -> None:
    field = tlv.encode(0x30, bytes.fromhex("02010A") + tlv.encode(0x0C, b"\xff\xfe"))
    strange = tlv.encode(0x30, bytes.fromhex("020111") + tlv.encode(0x04, b"new"))
    dg13 = tlv.encode(0x6D, tlv.encode(0x30, bytes.fromhex("020101") + tlv.encode(0x31, field + strange)))
    found = probe_dg13(dg13)
    assert found["fields"] == {
        "10": {"tags": ["0C"], "forms": "no text", "bytes": "1-8"},
        "17": {"tags": ["04"], "forms": "unknown", "bytes": "1-8"},
    }
    assert found["unknown indices"] == [17]
    assert found["parents' layout"] is None


def test_text_from_a_card_does_not_steer_a_terminal() -> None:
    assert as_text({"reader": {"name": "a\x1b[2Jb", "list": [], "none": {}, "yes": True}}) == (
        "reader:\n  name: a?[2Jb\n  list: none\n  none: none\n  yes: yes"
    )


def test_failures_are_card_errors_by_name() -> None:
    def refused() -> None:
        raise ChipDataError("DG13", "no set of fields")

    assert attempt(refused) == {"failed": "bad_data in DG13: no set of fields", CODE: "bad_data"}
    assert isinstance(ChipDataError("DG13", "x"), CardError)


def test_a_signer_with_pss_tells_its_hash(image: CardImage) -> None:
    citizen_card = personalise(
        AN, parse_dg2(image.files[EF.DG2.fid]).data, signer=TestSigner.create(SignerKind.RSA_PSS)
    )
    found = probe_sod(citizen_card.files[EF.SOD.fid], NOW)
    algorithm = found["signers"][0]["signature algorithm"]  # type: ignore[index]
    assert algorithm.startswith("1.2.840.113549.1.1.10 (RSASSA-PSS) with 2.16.840.1.101.3.4.2.")


def test_an_sod_that_is_no_cms_is_malformed() -> None:
    for content in (b"", b"\x30\x00", b"\x30\x80", bytes.fromhex("300B06092A864886F70D010702")):
        with pytest.raises(ChipDataError):
            probe_sod(tlv.encode(0x77, content), NOW)
