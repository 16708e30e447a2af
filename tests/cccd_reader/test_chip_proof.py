"""The two proofs that a chip is no copy, within whole readings: copies of every kind, and disturbances in between."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cccd_reader import (
    Access,
    CardError,
    CardErrorCode,
    CardReadout,
    Check,
    CheckState,
    LocalConnection,
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
    StatusWordAt,
    TruncateAt,
    WrongMacAt,
    personalise,
    tampered,
    without_file,
)
from cccd_reader.emulation.image import cloned, forged
from cccd_reader.emulation.variants import ActiveAuthenticationVariant
from cccd_reader.lds.files import EF
from cccd_reader.read_profile import ReadProfiles
from cccd_reader.transport.local import DEFAULT_ATR, READER_NAME
from tests.people import BICH

ALL_FILES = {"DG1", "DG13", "SOD", "DG14", "DG15", "DG2"}
"""Of a card that did not prove itself by chip authentication; DG15 is for nothing else."""


@pytest.fixture(scope="module")
def make(photo: bytes) -> Callable[..., CardImage]:
    return lambda **options: personalise(BICH, photo, **options)


@pytest.fixture(scope="module")
def image(make: Callable[..., CardImage]) -> CardImage:
    return make()


def read(card: EmulatedCard | CardImage, *, max_data_bytes: int | None = None, **options: Any) -> CardReadout:
    found = card if isinstance(card, EmulatedCard) else EmulatedCard(card)
    connection = LocalConnection(found, max_data_bytes=max_data_bytes)
    return read_card(connection, keyring_from_qr(parse_qr(found.image.qr_text)), **options)


def ended(readout: CardReadout) -> tuple[str, str]:
    chip = readout.verdict(Check.CHIP_AUTHENTICATION).state
    return chip.value, readout.verdict(Check.ACTIVE_AUTHENTICATION).state.value


@pytest.mark.parametrize("access", [Access.PACE, Access.BAC])
def test_the_chip_proves_itself_and_is_not_asked_twice(image: CardImage, access: Access) -> None:
    readout = read(image, access=access)
    assert ended(readout) == ("successful", "undetermined")
    assert readout.verdict(Check.ACTIVE_AUTHENTICATION).reason.startswith("not made")
    assert set(readout.files) == ALL_FILES - {"DG15"}
    both = read(image, access=access, both_proofs=True)
    assert ended(both) == ("successful", "successful")
    assert set(both.files) == ALL_FILES


@pytest.mark.parametrize("max_data_bytes", [None, 256, 65536])
@pytest.mark.parametrize("kind", ["ec-brainpoolP256r1-sha256", "rsa-2048-sha256"])
def test_active_authentication_where_there_is_no_other(
    make: Callable[..., CardImage], kind: str, max_data_bytes: int | None
) -> None:
    image = make(chip_authentication=(), active_authentication=ActiveAuthenticationVariant.parse(kind))
    readout = read(image, max_data_bytes=max_data_bytes)
    assert ended(readout)[0] == "not_supported"
    if (kind, max_data_bytes) == ("rsa-2048-sha256", 256):
        return  # whether a long answer comes in pieces is the chip's to say
    assert ended(readout)[1] == "successful"


def test_a_card_without_keys(make: Callable[..., CardImage]) -> None:
    image = make(chip_authentication=(), active_authentication=None)
    assert ended(read(image)) == ("not_supported", "not_supported")
    image = make(pace=(), chip_authentication=(), active_authentication=None)
    readout = read(image, access=Access.BAC)
    assert ended(readout) == ("not_supported", "not_supported")
    assert set(readout.files) == ALL_FILES - {"DG14", "DG15"}


@pytest.mark.parametrize("access", [Access.PACE, Access.BAC])
def test_a_copy_fails_both_and_is_read_to_its_end(image: CardImage, access: Access) -> None:
    readout = read(cloned(image), access=access)
    assert ended(readout) == ("failed", "failed")
    assert set(readout.files) == ALL_FILES
    assert readout.verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL
    assert readout.photo is not None


@pytest.mark.parametrize("access", [Access.PACE, Access.BAC])
def test_a_copy_that_plays_along_cannot_go_on(image: CardImage, access: Access) -> None:
    """It agrees with a key of its own, and nobody can see that before the next answer."""
    readout = read(forged(image), access=access)
    assert ended(readout) == ("failed", "failed")
    assert set(readout.files) == ALL_FILES
    assert readout.verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL


def test_a_copy_with_keys_of_its_own_in_its_files(image: CardImage, make: Callable[..., CardImage]) -> None:
    other = make()
    copy = replace(
        image,
        files={**image.files, **{ef.fid: other.files[ef.fid] for ef in (EF.DG14, EF.DG15)}},
        agreement_keys=other.agreement_keys,
        active_authentication_key=other.active_authentication_key,
    )
    readout = read(copy)
    assert ended(readout) == ("failed", "failed")
    assert readout.verdict(Check.CHIP_AUTHENTICATION).reason == "the key of DG14 is not the one that EF.SOD lists"


def test_a_copy_that_hides_its_keys(image: CardImage) -> None:
    hidden = without_file(without_file(image, EF.DG14.fid), EF.DG15.fid)
    readout = read(hidden)
    assert ended(readout) == ("failed", "failed")
    assert readout.verdict(Check.CHIP_AUTHENTICATION).reason == "EF.SOD lists DG14, but the card does not give it"


def test_a_genuine_chip_may_keep_one_of_its_keys_to_itself(image: CardImage) -> None:
    assert ended(read(without_file(image, EF.DG15.fid), both_proofs=True)) == ("successful", "undetermined")
    readout = read(without_file(image, EF.DG14.fid))
    assert ended(readout) == ("undetermined", "successful")
    assert readout.verdict(Check.CHIP_AUTHENTICATION).reason.endswith("active_authentication was successful")


def test_a_dg14_that_nobody_can_read(image: CardImage) -> None:
    readout = read(tampered(image, EF.DG14.fid, bytes.fromhex("6E0430020500")))
    assert ended(readout)[0] == "failed"
    assert set(readout.files) == ALL_FILES


def proof_apdus(image: CardImage) -> range:
    """The numbers of the commands from EF.SOD to the start of DG2."""
    card = EmulatedCard(image)
    seen: dict[str | None, int] = {}
    read(card, on_progress=lambda progress: seen.setdefault(progress.file, card.apdus))
    return range(seen["SOD"], seen["DG2"] + 1)


FAULTS = [WrongMacAt, TruncateAt, lambda apdu: StatusWordAt(apdu, sw=0x6F00), lambda apdu: StatusWordAt(apdu, 0x6988)]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disturbance_in_a_proof_is_no_verdict(image: CardImage, fault: Callable[[int], Fault]) -> None:
    """It costs a session, and the proof is made in the next."""
    for apdu in proof_apdus(image):
        card = EmulatedCard(image)
        card.arm(fault(apdu))
        assert ended(read(card)) == ("successful", "undetermined"), apdu


def test_a_pull_in_a_proof_is_a_removed_card(image: CardImage) -> None:
    for apdu in proof_apdus(image):
        card = EmulatedCard(image)
        card.arm(PullAt(apdu))
        with pytest.raises(CardError) as caught:
            read(card)
        assert caught.value.code is CardErrorCode.CARD_REMOVED
        assert ended(read(card, resume=caught.value.partial, both_proofs=True)) == ("successful", "successful"), apdu


def test_proofs_of_an_earlier_reading_do_not_count(image: CardImage) -> None:
    """What is resumed are files: the chip that lies there now proves itself."""
    card = EmulatedCard(image)
    card.arm(PullInFile("DG2", after_bytes=8000))
    with pytest.raises(CardError) as caught:
        read(card)
    partial = caught.value.partial
    assert ended(read(image, resume=partial)) == ("successful", "undetermined")
    assert ended(read(cloned(image), resume=partial)) == ("failed", "failed")
    copy = replace(image, agreement_keys=forged(image).agreement_keys)
    assert ended(read(copy, resume=partial)) == ("failed", "successful")


class Breaking(EmulatedCard):
    """A card that answers one instruction without protection, every time."""

    ins = 0x88

    def process(self, apdu: bytes) -> bytes:
        answer = super().process(apdu)
        if CommandApdu.decode(apdu).ins == self.ins and apdu[0] & 0x0C:
            self._chip.end_session()
            return ResponseApdu(b"", 0x6F00).encode()
        return answer


def test_a_proof_that_always_breaks_the_session_is_given_up(make: Callable[..., CardImage], image: CardImage) -> None:
    readout = read(Breaking(make(chip_authentication=())))
    assert ended(readout) == ("not_supported", "failed")
    assert set(readout.files) == ALL_FILES
    long = ActiveAuthenticationVariant.parse("rsa-2048-sha256")
    readout = read(Breaking(make(chip_authentication=(), active_authentication=long)))
    assert ended(readout) == ("not_supported", "aborted")  # a reader that cuts long answers looks the same

    class BreakingAgreement(Breaking):
        ins = 0x86

    readout = read(BreakingAgreement(image), access=Access.BAC)
    assert ended(readout) == ("failed", "successful")
    assert set(readout.files) == ALL_FILES


class BreakingOff(EmulatedCard):
    """A copy that answers a proof's last commands without protection, as a chip would that a disturbance reached: with
    a good status word, or with the one that readers give for lengths which they cannot carry."""

    last_ins, sw = 0x86, 0x9000

    def reset(self) -> None:
        self.agreed = False
        super().reset()

    def process(self, apdu: bytes) -> bytes:
        answer, ins = super().process(apdu), CommandApdu.decode(apdu).ins
        if apdu[0] & 0x0C != 0x0C:
            return answer
        if (self.agreed or ins == self.last_ins) or ins == 0x88:
            self._chip.end_session()
            return ResponseApdu(b"", self.sw).encode()
        self.agreed = ins == 0x86
        return answer


class BreakingOffAfterwards(BreakingOff):
    last_ins, sw = 0x100, 0x6700


@pytest.mark.parametrize("kind", [BreakingOff, BreakingOffAfterwards])
@pytest.mark.parametrize("access", [Access.PACE, Access.BAC])
def test_a_copy_that_breaks_off_its_proofs_has_failed_them(
    image: CardImage, kind: type[BreakingOff], access: Access
) -> None:
    """Once could be a disturbance. Twice, and both times there, is no accident."""
    readout = read(kind(forged(image)), access=access)
    assert ended(readout) == ("failed", "failed")
    assert set(readout.files) == ALL_FILES


def test_a_short_answer_holds_less_after_chip_authentication(image: CardImage) -> None:
    """BAC is 3DES, and what follows chip authentication AES: full pieces of the one would be too long in the other."""
    profiles = ReadProfiles()
    asked: list[int] = []
    for _ in range(2):
        readout = read(image, access=Access.BAC, max_data_bytes=256, profiles=profiles)
        assert ended(readout) == ("successful", "undetermined")
        assert profiles.get(READER_NAME, DEFAULT_ATR).largest is None
        asked.append(readout.apdus)
    sizes = {name: found.size for name, found in readout.files.items()}
    before = sum(-(-sizes[name] // 231) for name in ("DG1", "DG13", "SOD", "DG14"))
    assert asked == [3 + before + 2 + -(-sizes["DG2"] // 223)] * 2


def test_a_piece_that_may_be_too_long_is_no_proof(image: CardImage) -> None:
    """A reader that cuts long answers: the first of them must not come right after chip authentication, where it would
    look as if the chip did not know the new keys."""

    class Cutting(EmulatedCard):
        def process(self, apdu: bytes) -> bytes:
            answer = super().process(apdu)
            return answer if len(answer) <= 2048 else answer[:2000] + answer[-2:]

    profiles = ReadProfiles()
    assert ended(read(Cutting(image), profiles=profiles)) == ("successful", "undetermined")
    assert profiles.get(READER_NAME, DEFAULT_ATR).largest == 1500
    whole = read(Cutting(image), profiles=profiles)
    assert ended(whole) == ("successful", "undetermined")
    assert whole.apdus == 7 + 4 + 2 + -(-whole.files["DG2"].size // 1500)
