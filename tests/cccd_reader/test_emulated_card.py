"""The reader and the product's emulated card together: the readings that a patient's visit consists of."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import (
    Access,
    CardError,
    CardErrorCode,
    Check,
    CheckState,
    Codec,
    KeyRing,
    LocalConnection,
    keyring_from_number,
    keyring_from_qr,
    parse_qr,
    read_card,
)
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.emulation import (
    CardImage,
    EmulatedCard,
    Fault,
    PullAt,
    PullInFile,
    Quirks,
    SignerKind,
    StatusWordAt,
    TestSigner,
    TruncateAt,
    WrongMacAt,
    personalise,
    tampered,
    without_file,
)
from cccd_reader.lds.files import EF
from tests.people import BICH

NUMBER = BICH.number
OTHER = "001199054321"
SAME_CAN = "079199012345"


@pytest.fixture(scope="module")
def image(photo: bytes) -> CardImage:
    return personalise(BICH, photo)


@pytest.fixture
def keys(image: CardImage) -> KeyRing:
    return keyring_from_qr(parse_qr(image.qr_text))


def read(card: EmulatedCard, keys: KeyRing, **options: Any) -> Any:
    connection = LocalConnection(card)
    try:
        return read_card(connection, keys, **options)
    finally:
        connection.close()


def failure(card: EmulatedCard, keys: KeyRing, **options: Any) -> CardError:
    with pytest.raises(CardError) as caught:
        read(card, keys, **options)
    return caught.value


def moments(total: int) -> list[int]:
    """Every command of the handshake and of the first files, and every fifth of the rest."""
    return [*range(1, 16), *range(16, total + 1, 5)]


def test_the_number_alone_opens_the_card_by_pace(image: CardImage, photo: bytes) -> None:
    readout = read(EmulatedCard(image), keyring_from_number(NUMBER))
    assert readout.access is Access.PACE
    assert readout.citizen.full_name == "ĐẶNG THỊ NGỌC BÍCH"
    assert readout.citizen.spouse == "LÊ VĂN GIANG"
    assert (readout.photo.codec, readout.photo.data) == (Codec.JPEG2000, photo)
    ended = {verdict.check: verdict.state for verdict in readout.verdicts}
    assert ended[Check.DG_HASHES] is CheckState.SUCCESSFUL
    assert ended[Check.SOD_SIGNATURE] is CheckState.SUCCESSFUL
    assert ended[Check.CROSS_CHECK] is CheckState.SUCCESSFUL
    assert ended[Check.ISSUER] is CheckState.UNDETERMINED


def test_the_code_on_the_card_opens_it_by_bac(image: CardImage, keys: KeyRing) -> None:
    pace, bac = (read(EmulatedCard(image), keys, access=access) for access in (Access.PACE, Access.BAC))
    assert bac.access is Access.BAC
    assert bac.citizen == pace.citizen
    assert bac.files == pace.files
    assert bac.verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL


@pytest.mark.parametrize("kind", list(SignerKind))
def test_every_kind_of_signer(photo: bytes, kind: SignerKind) -> None:
    image = personalise(BICH, photo, signer=TestSigner.create(kind))
    verdict = read(EmulatedCard(image), keyring_from_number(NUMBER)).verdict(Check.SOD_SIGNATURE)
    assert verdict.state is CheckState.SUCCESSFUL, verdict.reason


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(refuses_master_file=False),
        Quirks(extended_length=False),
        Quirks(short_identifiers=False),
        Quirks(hides_card_access=True),
        Quirks(wants_pace_parameters=True),
    ],
    ids=["selects MF", "short only", "no SFI", "no CardAccess", "tag 84"],
)
def test_chips_that_differ(image: CardImage, quirks: Quirks) -> None:
    readout = read(EmulatedCard(image, quirks=quirks), keyring_from_number(NUMBER), largest_read=1000)
    assert readout.access is Access.PACE
    assert readout.verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL


def test_bac_after_a_pace_that_failed_in_a_sticky_chip(image: CardImage, keys: KeyRing) -> None:
    card = EmulatedCard(image, quirks=Quirks(needs_reset_after_failed_pace=True))
    card.arm(StatusWordAt(apdu=4, sw=0x6A80))
    assert read(card, keys).access is Access.BAC


def test_a_wrong_can_is_one_try(image: CardImage) -> None:
    card = EmulatedCard(image)
    error = failure(card, keyring_from_number(OTHER))
    assert error.code is CardErrorCode.WRONG_KEY
    assert card.total_apdus == 6  # EF.CardAccess and the five commands of PACE


def test_the_code_of_another_persons_card_does_not_open_this_one(image: CardImage) -> None:
    theirs = keyring_from_qr(parse_qr(image.qr_text.replace(NUMBER, OTHER)))
    assert failure(EmulatedCard(image), theirs).code is CardErrorCode.WRONG_KEY
    assert failure(EmulatedCard(image), theirs, access=Access.BAC).code is CardErrorCode.WRONG_KEY


def test_the_code_of_another_person_whose_can_is_equal(image: CardImage) -> None:
    readout = read(EmulatedCard(image), keyring_from_number(SAME_CAN))
    assert readout.verdict(Check.CROSS_CHECK).state is CheckState.FAILED


@pytest.mark.parametrize("access", [Access.PACE, Access.BAC])
def test_pulled_while_the_photo_is_read_and_put_back(image: CardImage, keys: KeyRing, access: Access) -> None:
    whole = read(EmulatedCard(image), keys, access=access, largest_read=223)
    card = EmulatedCard(image)
    card.arm(PullInFile("DG2", after_bytes=8000))
    error = failure(card, keys, access=access, largest_read=223)
    assert error.code is CardErrorCode.CARD_REMOVED
    assert error.partial is not None

    before = card.total_apdus
    resumed = read(card, keys, access=access, resume=error.partial, largest_read=223)
    assert resumed.citizen == whole.citizen
    assert resumed.photo == whole.photo
    assert resumed.files == whole.files
    assert resumed.verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL
    # The handshake, DG1, EF.SOD, and the photo's second half.
    assert card.total_apdus - before < 0.75 * whole.apdus


def test_another_card_put_back_is_read_from_its_start(image: CardImage, photo: bytes) -> None:
    card = EmulatedCard(image)
    card.arm(PullInFile("DG2", after_bytes=8000))
    partial = failure(card, keyring_from_number(NUMBER)).partial
    renewed = personalise(BICH, photo, active_authentication=None)
    readout = read(EmulatedCard(renewed), keyring_from_number(NUMBER), resume=partial)
    assert "DG15" not in readout.files
    assert readout.verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL
    assert readout.verdict(Check.ACTIVE_AUTHENTICATION).state is CheckState.NOT_SUPPORTED


def test_a_pull_at_any_command_is_a_removed_card_and_can_be_resumed(image: CardImage, keys: KeyRing) -> None:
    total = read(EmulatedCard(image), keys).apdus
    for apdu in moments(total):
        card = EmulatedCard(image)
        card.arm(PullAt(apdu))
        error = failure(card, keys)
        assert error.code is CardErrorCode.CARD_REMOVED
        readout = read(card, keys, resume=error.partial)
        assert readout.verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL, apdu


@pytest.mark.parametrize("fault", [WrongMacAt, TruncateAt, lambda apdu: StatusWordAt(apdu, sw=0x6F00)])
def test_a_disturbed_answer_is_an_error_or_costs_a_session_and_never_a_wrong_reading(
    image: CardImage, keys: KeyRing, fault: Callable[[int], Fault]
) -> None:
    total = read(EmulatedCard(image), keys).apdus
    good = read(EmulatedCard(image), keys)
    for apdu in moments(total):
        card = EmulatedCard(image)
        card.arm(fault(apdu))
        try:
            readout = read(card, keys)
        except CardError:
            continue
        assert readout.citizen == good.citizen, apdu
        assert readout.verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL, apdu


def test_a_tampered_dg13_fails_its_hash(image: CardImage) -> None:
    raw = image.files[EF.DG13.fid].replace(b"012345678", b"012345679")
    readout = read(EmulatedCard(tampered(image, EF.DG13.fid, raw)), keyring_from_number(NUMBER))
    verdict = readout.verdict(Check.DG_HASHES)
    assert (verdict.state, verdict.reason) == (CheckState.FAILED, "different: DG13")
    assert readout.verdict(Check.CROSS_CHECK).state is CheckState.SUCCESSFUL


def test_a_birth_date_changed_in_dg13_shows_twice(image: CardImage) -> None:
    raw = image.files[EF.DG13.fid].replace(b"15/01/1999", b"16/01/1999")
    readout = read(EmulatedCard(tampered(image, EF.DG13.fid, raw)), keyring_from_number(NUMBER))
    assert readout.verdict(Check.DG_HASHES).state is CheckState.FAILED
    assert readout.verdict(Check.CROSS_CHECK).reason == "different: DG13 and MRZ birth date"


@pytest.mark.parametrize(
    "data", [b"\x6d\x85", b"\x6d\x03\x31\x05\x30", b"\x6d\x02\x04\x00"], ids=["length", "set", "no set"]
)
def test_corrupt_tlv(image: CardImage, data: bytes) -> None:
    corrupt = data + image.files[EF.DG13.fid][len(data) :]
    error = failure(EmulatedCard(tampered(image, EF.DG13.fid, corrupt)), keyring_from_number(NUMBER))
    assert (error.code, error.file) == (CardErrorCode.BAD_DATA, "DG13")


def test_missing_files(image: CardImage) -> None:
    for ef in (EF.DG14, EF.DG15, EF.DG13, EF.DG2):
        readout = read(EmulatedCard(without_file(image, ef.fid)), keyring_from_number(NUMBER))
        assert ef.label not in readout.files
    error = failure(EmulatedCard(without_file(image, EF.SOD.fid)), keyring_from_number(NUMBER))
    assert (error.code, error.file) == (CardErrorCode.BAD_ANSWER, "SOD")


def test_nothing_is_read_without_a_session(image: CardImage) -> None:
    card = EmulatedCard(image)
    for ef in (ef for ef in EF if ef.fid in image.files):
        select = CommandApdu(0, 0xA4, 0x04, 0x0C, bytes.fromhex("A0000002471001"))
        assert ResponseApdu.decode(card.process(select.encode())).ok
        for command in (
            CommandApdu(0, 0xB0, 0x80 | ef.sfi, 0, le=8),
            CommandApdu(0, 0xA4, 0x02, 0x0C, ef.fid.to_bytes(2, "big")),
        ):
            answer = ResponseApdu.decode(card.process(command.encode()))
            assert not answer.data
            assert answer.sw == 0x6982
