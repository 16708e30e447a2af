"""A personalised card: its signed hashes are the truth about its files, and its signer is nobody's authority."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from cccd_reader.emulation import (
    CardImage,
    EmulationError,
    EmulationErrorCode,
    SignerKind,
    SyntheticCitizen,
    TestSigner,
    personalise,
    tampered,
)
from cccd_reader.emulation.signer import CSCA_NAME
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.sod import compare_hashes, parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.verdict import CheckState


def groups(image: CardImage) -> dict[int, bytes]:
    return {fid & 0xFF: data for fid, data in image.files.items() if fid & 0xFF < 0x11}


@pytest.mark.parametrize("kind", list(SignerKind))
def test_the_signed_hashes_are_those_of_the_files(citizen: SyntheticCitizen, photo: bytes, kind: SignerKind) -> None:
    image = personalise(citizen, photo, signer=TestSigner.create(kind))
    sod = parse_sod(image.files[0x011D])
    assert sorted(sod.hashes) == [1, 2, 3, 13, 14, 15]
    assert compare_hashes(sod, groups(image)).state is CheckState.SUCCESSFUL
    assert verify_signature(sod).state is CheckState.SUCCESSFUL


def test_a_changed_file_is_told_by_its_hash(image: CardImage) -> None:
    changed = tampered(image, 0x0102)
    verdict = compare_hashes(parse_sod(changed.files[0x011D]), groups(changed))
    assert (verdict.state, verdict.reason) == (CheckState.FAILED, "different: DG2")


def test_a_changed_list_is_told_by_its_signature(image: CardImage) -> None:
    sod = image.files[0x011D]
    hashed = parse_sod(sod).hashes[1]
    other = bytes(32)
    forged = parse_sod(sod.replace(hashed, other))
    assert verify_signature(forged).state is CheckState.FAILED


@pytest.mark.parametrize("kind", list(SignerKind))
def test_the_signer_is_a_test_authoritys(kind: SignerKind) -> None:
    signer = TestSigner.create(kind)
    csca = x509.load_der_x509_certificate(signer.csca_certificate)
    document = x509.load_der_x509_certificate(signer.document_signer_certificate)
    for certificate in (csca, document):
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert str(name.value).startswith("TEST ")
        certificate.verify_directly_issued_by(csca)  # the library's own check of name and signature
    assert document.issuer == csca.subject
    assert document.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == CSCA_NAME
    assert csca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert csca.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert document.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    authority = document.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    subject = csca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert authority.key_identifier == subject.digest


def test_the_file_carries_the_signers_certificate(image: CardImage, signer: TestSigner) -> None:
    assert parse_sod(image.files[0x011D]).signed_data.certificates == (signer.document_signer_certificate,)


def test_keys_and_printed_data_are_those_of_the_chip(image: CardImage, citizen: SyntheticCitizen) -> None:
    mrz = parse_dg1(image.files[0x0101])
    assert (image.can, image.number) == (citizen.number[-6:], citizen.number)
    assert mrz.information == image.mrz_key.information
    assert (mrz.surname, mrz.given_names) == ("DANG", "THI NGOC BICH")
    assert image.qr_text == citizen.qr_text()


def test_a_card_without_expiry(citizen: SyntheticCitizen, photo: bytes, signer: TestSigner) -> None:
    image = personalise(replace(citizen, expiry_date=None), photo, signer=signer)
    assert image.mrz_key.expiry == parse_dg1(image.files[0x0101]).expiry == "991231"


def test_a_chip_with_basic_access_control_alone(make_card: Callable[..., CardImage]) -> None:
    image = make_card(pace=(), ca=(), aa=None)
    assert sorted(image.files) == [0x0101, 0x0102, 0x0103, 0x010D, 0x011D, 0x011E]
    assert sorted(parse_sod(image.files[0x011D]).hashes) == [1, 2, 3, 13]
    assert (image.pace, image.agreement_keys, image.active_authentication_key) == ((), (), None)


def test_without_a_signer_a_new_authority_signs(citizen: SyntheticCitizen, photo: bytes) -> None:
    one, other = personalise(citizen, photo), personalise(citizen, photo)
    assert verify_signature(parse_sod(one.files[0x011D])).state is CheckState.SUCCESSFUL
    assert one.files[0x011D] != other.files[0x011D]


def test_a_photo_that_does_not_fit(citizen: SyntheticCitizen, photo: bytes, signer: TestSigner) -> None:
    with pytest.raises(EmulationError) as caught:
        personalise(citizen, photo + bytes(0x8000), signer=signer)
    assert caught.value.code is EmulationErrorCode.BAD_PHOTO
