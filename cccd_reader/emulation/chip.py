"""The emulated chip: one command in, one answer out, with the access rules of ICAO 9303-11 enforced."""

from collections.abc import Callable
from dataclasses import dataclass

from cccd_reader import tlv
from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_LE, CommandApdu, ResponseApdu, StatusWord
from cccd_reader.card_access import PaceInfo, parse_card_access
from cccd_reader.emulation.chip_authentication import ChipAuthentication, sign_challenge
from cccd_reader.emulation.chip_bac import CRYPTOGRAM_BYTES, NONCE_BYTES, ChipBac
from cccd_reader.emulation.chip_files import MASTER_FILE, ChipFiles
from cccd_reader.emulation.chip_messaging import ChipSession, RefusedError, SecureMessagingError
from cccd_reader.emulation.chip_pace import PASSWORD_CAN, PASSWORD_MRZ, ChipPace, password_secret
from cccd_reader.emulation.fids import FID_CARD_ACCESS
from cccd_reader.emulation.image import CardImage
from cccd_reader.errors import ChipDataError

_SECURE, _CHAINING = 0x0C, 0x10
"""Bits of the class byte (ISO/IEC 7816-4, 5.4.1)."""

_SELECT, _READ_BINARY, _MSE, _GENERAL_AUTHENTICATE = 0xA4, 0xB0, 0x22, 0x86
_GET_CHALLENGE, _EXTERNAL_AUTHENTICATE, _INTERNAL_AUTHENTICATE = 0x84, 0x82, 0x88

_BY_NAME, _BY_FID, _MASTER = 0x04, 0x02, 0x00
_SET_AT_PACE, _SET_AT, _SET_KAT = (0xC1, 0xA4), (0x41, 0xA4), (0x41, 0xA6)

RandomSource = Callable[[int], bytes]
BeforeRead = Callable[[int, int], None]
"""Called with the file and the end of what is about to be read."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Ways in which chips that keep to the standard still differ. The defaults are what is known of Vietnamese ones."""

    refuses_master_file: bool = True
    """SELECT MF answers 6D00, which readers must not take for a failure."""
    answers_uid: bool = True
    """The pseudo command FF CA 00 00 gives an identifier (a reader would answer it itself); else 6D00."""
    extended_length: bool = True
    short_identifiers: bool = True
    hides_card_access: bool = False
    """EF.CardAccess cannot be read, though PACE works with its known content."""
    wants_pace_parameters: bool = False
    """MSE:Set AT without the domain parameters (tag 84) answers 6A80, although there is one set."""
    needs_reset_after_failed_pace: bool = False
    """After a PACE that failed, BAC answers 6A88 until the chip is reset."""


class Chip:
    """The state of a powered chip; a new object is a chip that was just powered."""

    def __init__(self, image: CardImage, random: RandomSource, quirks: Quirks, before_read: BeforeRead) -> None:
        self._image = image
        self._random = random
        self._quirks = quirks
        self._before_read = before_read
        self._files = ChipFiles(
            image.files, hide_card_access=quirks.hides_card_access, short_identifiers=quirks.short_identifiers
        )
        self._bac = ChipBac(image.mrz_key, random)
        self._pace: ChipPace | None = None
        self._pace_failed = False
        self._authentication = ChipAuthentication(image.chip_authentication_key)
        self._session: ChipSession | None = None
        self._next_session: ChipSession | None = None

    def end_session(self) -> None:
        """Keys and access rights are gone (9303-11, 9.8.3)."""
        self._session = None
        self._files.unlocked = False

    def process(self, raw: bytes) -> ResponseApdu:
        try:
            command = CommandApdu.decode(raw)
        except ChipDataError:
            return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        if command.extended and not self._quirks.extended_length:
            return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        protected = command.cla & _SECURE == _SECURE
        if self._session is None:
            return ResponseApdu(b"", StatusWord.SECURITY_STATUS) if protected else self._answer(command)
        if not protected:
            # Any command without protection ends the session (9303-11, 9.8.3).
            self.end_session()
            return ResponseApdu(b"", StatusWord.SM_OBJECTS_MISSING)
        try:
            return self._exchange(self._session, command)
        except SecureMessagingError as refused:
            self.end_session()
            return ResponseApdu(b"", refused.sw)

    def _exchange(self, session: ChipSession, command: CommandApdu) -> ResponseApdu:
        answer = self._answer(session.unwrap(command))
        room = command.le or (EXTENDED_MAX_LE if command.extended else SHORT_MAX_LE)
        if session.wrapped_length(len(answer.data)) > room:
            answer = ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        wrapped = session.wrap(answer)
        if self._next_session is not None:
            # The answer of chip authentication still goes under the old keys (9303-11, 6.2.3).
            self._session, self._next_session = self._next_session, None
        return wrapped

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        """The answer to a plain command, or to the one inside a protected one."""
        if command.ins != _GENERAL_AUTHENTICATE:
            self._pace = None  # another command breaks a run off
        if command.cla & ~_CHAINING or (command.cla and command.ins != _GENERAL_AUTHENTICATE):
            return ResponseApdu(b"", StatusWord.CLA_NOT_SUPPORTED)
        try:
            return self._dispatch(command)
        except RefusedError as refused:
            return ResponseApdu(b"", refused.sw)

    def _dispatch(self, command: CommandApdu) -> ResponseApdu:
        handlers = {
            _SELECT: self._select,
            _READ_BINARY: self._read_binary,
            _MSE: self._manage_security_environment,
            _GENERAL_AUTHENTICATE: self._general_authenticate,
            _GET_CHALLENGE: self._get_challenge,
            _EXTERNAL_AUTHENTICATE: self._external_authenticate,
            _INTERNAL_AUTHENTICATE: self._internal_authenticate,
        }
        handler = handlers.get(command.ins)
        return ResponseApdu(b"", StatusWord.INS_NOT_SUPPORTED) if handler is None else handler(command)

    def _select(self, command: CommandApdu) -> ResponseApdu:
        status = StatusWord.WRONG_P1P2
        if command.p1 == _BY_NAME:
            status = self._files.select_application(command.data)
        elif command.p1 == _BY_FID and len(command.data) == 2:
            status = self._files.select(int.from_bytes(command.data, "big"))
        elif command.p1 == _MASTER and command.data in (b"", MASTER_FILE.to_bytes(2, "big")):
            if self._quirks.refuses_master_file:
                status = StatusWord.INS_NOT_SUPPORTED
            else:
                status = self._files.select_master_file()
        return ResponseApdu(b"", status)

    def _read_binary(self, command: CommandApdu) -> ResponseApdu:
        if command.le is None or command.data:
            return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        status, fid, offset = self._files.locate(command)
        if status is not StatusWord.OK:
            return ResponseApdu(b"", status)
        answer = self._files.read(fid, offset, command.le)
        self._before_read(fid, offset + len(answer.data))
        return answer

    def _manage_security_environment(self, command: CommandApdu) -> ResponseApdu:
        function = command.p1, command.p2
        if self._session is None and function == _SET_AT_PACE:
            return ResponseApdu(b"", self._start_pace(command.data))
        if self._session is not None and function == _SET_AT:
            self._authentication.choose(command.data)
            return ResponseApdu(b"", StatusWord.OK)
        if self._session is not None and function == _SET_KAT:
            self._next_session = self._authentication.agree_des3(command.data)
            return ResponseApdu(b"", StatusWord.OK)
        return ResponseApdu(b"", StatusWord.WRONG_P1P2)

    def _start_pace(self, data: bytes) -> StatusWord:
        """MSE:Set AT (4.4.4.1): the protocol, the password, and where asked for the domain parameters."""
        if self._files.application_selected:
            return StatusWord.SECURITY_STATUS
        try:
            chosen = {item.tag: item.value for item in tlv.iterate(data)}
            info = next((info for info in self._pace_infos() if info.oid == chosen.get(0x80)), None)
        except ChipDataError:
            return StatusWord.WRONG_DATA
        curve = info.curve if info else None
        if info is None or curve is None or (self._quirks.wants_pace_parameters and 0x84 not in chosen):
            return StatusWord.WRONG_DATA
        if chosen.get(0x84, bytes([info.parameter_id or 0])) != bytes([info.parameter_id or 0]):
            return StatusWord.REFERENCE_NOT_FOUND
        if chosen.get(0x83) not in (bytes([PASSWORD_MRZ]), bytes([PASSWORD_CAN])):
            return StatusWord.REFERENCE_NOT_FOUND
        secret = password_secret(chosen[0x83][0], self._image.can, self._image.mrz_key.information)
        self._pace = ChipPace(info, curve, secret, self._random)
        return StatusWord.OK

    def _pace_infos(self) -> tuple[PaceInfo, ...]:
        content = self._image.files.get(FID_CARD_ACCESS)
        return parse_card_access(content).pace if content else ()

    def _general_authenticate(self, command: CommandApdu) -> ResponseApdu:
        if self._session is not None:
            self._next_session = self._authentication.agree(command.data)
            return ResponseApdu(tlv.encode(0x7C, b""), StatusWord.OK)
        pace = self._pace
        if pace is None or pace.at_last_step == bool(command.cla & _CHAINING):
            return ResponseApdu(b"", StatusWord.CONDITIONS_NOT_SATISFIED)
        try:
            data, session = pace.step(command.data)
        except RefusedError:
            self._pace, self._pace_failed = None, True
            raise
        if session is not None:
            self._pace = None
            self._session, self._files.unlocked = session, True
        return ResponseApdu(data, StatusWord.OK)

    def _get_challenge(self, command: CommandApdu) -> ResponseApdu:
        if self._pace_failed and self._quirks.needs_reset_after_failed_pace:
            return ResponseApdu(b"", StatusWord.REFERENCE_NOT_FOUND)
        if not self._files.application_selected or self._session is not None:
            return ResponseApdu(b"", StatusWord.CONDITIONS_NOT_SATISFIED)
        if command.le != NONCE_BYTES:
            return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        return ResponseApdu(self._bac.challenge(), StatusWord.OK)

    def _external_authenticate(self, command: CommandApdu) -> ResponseApdu:
        if len(command.data) != CRYPTOGRAM_BYTES + 8:
            return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        if not self._bac.challenged or self._session is not None:
            return ResponseApdu(b"", StatusWord.CONDITIONS_NOT_SATISFIED)
        proven = self._bac.authenticate(command.data)
        if proven is None:
            return ResponseApdu(b"", StatusWord.AUTHENTICATION_FAILED)
        proof, self._session = proven
        self._files.unlocked = True
        return ResponseApdu(proof, StatusWord.OK)

    def _internal_authenticate(self, command: CommandApdu) -> ResponseApdu:
        if not (self._files.application_selected and self._files.unlocked):
            return ResponseApdu(b"", StatusWord.SECURITY_STATUS)
        signature = sign_challenge(self._image.active_authentication_key, command.data, self._random)
        return ResponseApdu(signature, StatusWord.OK)
