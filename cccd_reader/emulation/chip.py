"""The emulated chip: one command in, one answer out, with the access rules of ICAO 9303-11 enforced."""

from cccd_reader import crypto, tlv
from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_LE, CommandApdu, ResponseApdu, StatusWord
from cccd_reader.emulation.active_signature import sign_challenge
from cccd_reader.emulation.chip_authentication import ChipAuthentication, objects
from cccd_reader.emulation.chip_bac import CRYPTOGRAM_BYTES, NONCE_BYTES, ChipBac
from cccd_reader.emulation.chip_chaining import CHAINING, AnswerQueue, CommandChain
from cccd_reader.emulation.chip_files import MASTER_FILE, ChipFiles
from cccd_reader.emulation.chip_memory import ChipMemory, Surroundings
from cccd_reader.emulation.chip_messaging import ChipSession, RefusedError, SecureMessagingError, is_whole
from cccd_reader.emulation.chip_pace import PASSWORD_CAN, PASSWORD_MRZ, ChipPace, password_secret
from cccd_reader.emulation.faults import Proof
from cccd_reader.emulation.image import CardImage
from cccd_reader.emulation.quirks import Quirks
from cccd_reader.emulation.variants import PaceVariant
from cccd_reader.errors import ChipDataError

_SECURE = 0x0C
"""Bits of the class byte: secure messaging with an authenticated header (ISO/IEC 7816-4, 5.4.1)."""

_SELECT, _READ_BINARY, _MSE, _GENERAL_AUTHENTICATE = 0xA4, 0xB0, 0x22, 0x86
_GET_CHALLENGE, _EXTERNAL_AUTHENTICATE, _INTERNAL_AUTHENTICATE, _GET_RESPONSE = 0x84, 0x82, 0x88, 0xC0

_CHAINABLE = frozenset({_MSE, _GENERAL_AUTHENTICATE})
"""Commands whose data may be longer than a short APDU: those with a public key."""

_BY_NAME, _BY_FID, _MASTER = 0x04, 0x02, 0x00
_SET_AT_PACE, _SET_AT, _SET_KAT = (0xC1, 0xA4), (0x41, 0xA4), (0x41, 0xA6)
_DO_OID, _DO_PASSWORD, _DO_PARAMETERS = 0x80, 0x83, 0x84

_TRIES_LEFT = 0x63C0
_CHAINING_NOT_SUPPORTED = 0x6884


class Chip:
    """The state of a powered chip; a new object is a chip that was just powered."""

    def __init__(self, image: CardImage, quirks: Quirks, memory: ChipMemory, around: Surroundings) -> None:
        self._image = image
        self._quirks = quirks
        self._memory = memory
        self._around = around
        self._files = ChipFiles(image, quirks)
        self._bac = ChipBac(image.mrz_key, around.random)
        self._pace: ChipPace | None = None
        self._pace_password = 0
        self._pace_failed = False
        self._authentication = ChipAuthentication(image.agreement_keys, around.spoils)
        self._session: ChipSession | None = None
        self._next_session: ChipSession | None = None
        self._chain = CommandChain()
        self._secure_chain = CommandChain()
        self._answers = AnswerQueue()

    def end_session(self) -> None:
        """Keys and access rights are gone (9303-11, 9.8.3)."""
        self._session = None
        self._files.unlocked = self._files.opened_by_pace = False
        self._chain.drop()
        self._secure_chain.drop()

    def process(self, raw: bytes, instead: int | None = None) -> ResponseApdu:
        """The answer to any bytes. With `instead`, this status word, protected in a session, and nothing is done."""
        try:
            command = CommandApdu.decode(raw)
        except ChipDataError:
            return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        if command.extended and not self._quirks.extended_length:
            return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        if self._answers.waiting and command.ins == _GET_RESPONSE and not command.data:
            return self._answers.next(self._room(command))
        self._answers.drop()
        try:
            return self._plain(command, instead) if self._session is None else self._protected(command, instead)
        except SecureMessagingError as refused:
            self.end_session()
            return ResponseApdu(b"", refused.sw)

    def _plain(self, command: CommandApdu, instead: int | None) -> ResponseApdu:
        if instead is not None:
            return ResponseApdu(b"", instead)
        if command.cla & _SECURE == _SECURE:
            return ResponseApdu(b"", StatusWord.SECURITY_STATUS)
        return self._in_parts(command, self._answer(command))

    def _protected(self, command: CommandApdu, instead: int | None) -> ResponseApdu:
        session = self._session
        assert session is not None
        if command.cla & _SECURE != _SECURE:
            # Any command without protection ends the session (9303-11, 9.8.3).
            raise SecureMessagingError(StatusWord.SM_OBJECTS_MISSING)
        if self._secure_chain.open or (command.cla & CHAINING and not is_whole(command.data)):
            # A protected command that was cut into parts, and not parts that are protected each.
            try:
                whole = self._secure_chain.add(command)
            except RefusedError as refused:
                raise SecureMessagingError(refused.sw) from None
            if whole is None:
                return ResponseApdu(b"", StatusWord.OK)
            command = whole
        inner = session.unwrap(command)
        answer = self._answer(inner) if instead is None else ResponseApdu(b"", instead)
        room = self._room(command)
        if session.wrapped_length(len(answer.data)) > room and not self._may_come_in_parts(command):
            answer = ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        wrapped = session.wrap(answer)
        if self._next_session is not None:
            # The answer of chip authentication still goes under the old keys (9303-11, 6.2.3).
            self._session, self._next_session = self._next_session, None
        return self._answers.first(wrapped, room)

    def _in_parts(self, command: CommandApdu, answer: ResponseApdu) -> ResponseApdu:
        room = self._room(command)
        if len(answer.data) > room and not self._may_come_in_parts(command):
            return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
        return self._answers.first(answer, room)

    def _may_come_in_parts(self, command: CommandApdu) -> bool:
        return self._quirks.response_chaining and command.ins != _READ_BINARY

    def _room(self, command: CommandApdu) -> int:
        """Bytes that the data field of the answer can have: what Le says, and what the chip's buffer holds."""
        room = command.le or (EXTENDED_MAX_LE if command.extended else SHORT_MAX_LE)
        return room if self._quirks.answer_bytes is None else min(room, self._quirks.answer_bytes)

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        """The answer to a plain command, or to the one inside a protected one."""
        if command.ins != _GENERAL_AUTHENTICATE:
            self._pace = None  # another command breaks a run off
        if command.cla & ~CHAINING or (command.cla and command.ins not in _CHAINABLE):
            return ResponseApdu(b"", StatusWord.CLA_NOT_SUPPORTED)
        is_step = command.ins == _GENERAL_AUTHENTICATE and self._session is None
        if command.cla & CHAINING and not self._quirks.command_chaining and not is_step:
            return ResponseApdu(b"", _CHAINING_NOT_SUPPORTED)
        try:
            whole = self._chain.add_step(command) if is_step else self._chain.add(command)
            return ResponseApdu(b"", StatusWord.OK) if whole is None else self._dispatch(whole)
        except SecureMessagingError:
            raise
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
        self._around.before_read(fid, offset + len(answer.data))
        return answer

    def _manage_security_environment(self, command: CommandApdu) -> ResponseApdu:
        function = (command.p1, command.p2)
        if self._session is None:
            status = self._start_pace(command.data) if function == _SET_AT_PACE else StatusWord.WRONG_P1P2
            return ResponseApdu(b"", status)
        if function == _SET_AT:
            self._authentication.choose(command.data)
        elif function == _SET_KAT and self._quirks.set_kat:
            self._next_session = self._authentication.agree_des3(command.data)
        else:
            return ResponseApdu(b"", StatusWord.WRONG_P1P2)
        return ResponseApdu(b"", StatusWord.OK)

    def _start_pace(self, data: bytes) -> int:
        """MSE:Set AT (4.4.4.1): the protocol, the password, and where asked for the domain parameters."""
        if self._files.application_selected:
            return StatusWord.SECURITY_STATUS
        chosen = objects(data)
        variant = self._pace_variant(chosen)
        password = int.from_bytes(chosen.get(_DO_PASSWORD, b""), "big")
        if password not in (PASSWORD_MRZ, PASSWORD_CAN):
            return StatusWord.REFERENCE_NOT_FOUND
        secret = password_secret(password, self._image.can, self._image.mrz_key.information)
        k_pi = crypto.kdf(secret, crypto.KDF_PASSWORD, variant.suite)
        static = next((key for key in self._image.agreement_keys if key.parameter_id == variant.parameter_id), None)
        self._pace = ChipPace(variant, k_pi, static, self._around.random, self._around.spoils)
        self._pace_password = password
        self._delay()
        left = self._memory.tries_left(password)
        if left is None or not self._memory.has_failed(password):
            return StatusWord.OK
        return _TRIES_LEFT | left  # chosen all the same (TR-03110-3, B.1)

    def _pace_variant(self, chosen: dict[int, bytes]) -> PaceVariant:
        named = [variant for variant in self._image.pace if variant.oid == chosen.get(_DO_OID)]
        if not named:
            raise RefusedError(StatusWord.WRONG_DATA)
        parameters = chosen.get(_DO_PARAMETERS)
        if parameters is None:
            if len(named) > 1 or self._quirks.wants_pace_parameters:
                raise RefusedError(StatusWord.WRONG_DATA)
            return named[0]
        for variant in named:
            if parameters == bytes([variant.parameter_id]):
                return variant
        raise RefusedError(StatusWord.REFERENCE_NOT_FOUND)

    def _general_authenticate(self, command: CommandApdu) -> ResponseApdu:
        if self._session is not None:
            self._next_session = self._authentication.agree(command.data)
            return ResponseApdu(tlv.encode(0x7C, b""), StatusWord.OK)
        pace = self._pace
        if pace is None or pace.at_last_step == bool(command.cla & CHAINING):
            return ResponseApdu(b"", StatusWord.CONDITIONS_NOT_SATISFIED)
        if self._memory.tries_left(self._pace_password) == 0:
            return ResponseApdu(b"", StatusWord.AUTHENTICATION_BLOCKED)
        try:
            data, session = pace.step(command.data)
        except RefusedError as refused:
            self._pace, self._pace_failed = None, True
            if refused.sw == StatusWord.AUTHENTICATION_FAILED:
                self._memory.wrong_password(self._pace_password)
                left = self._memory.tries_left(self._pace_password)
                return ResponseApdu(b"", refused.sw if left is None else _TRIES_LEFT | left)
            raise
        if session is not None:
            self._pace = None
            self._memory.right_password(self._pace_password)
            self._open(session)
            self._files.opened_by_pace = True
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
        self._delay()
        proven = self._bac.authenticate(command.data)
        if proven is None:
            self._memory.wrong_keys += 1
            return ResponseApdu(b"", StatusWord.AUTHENTICATION_FAILED)
        proof, session = proven
        self._open(session)
        return ResponseApdu(proof, StatusWord.OK)

    def _internal_authenticate(self, command: CommandApdu) -> ResponseApdu:
        if not (self._files.application_selected and self._files.unlocked):
            return ResponseApdu(b"", StatusWord.SECURITY_STATUS)
        signature = sign_challenge(
            self._image.active_authentication_key,
            command.data,
            self._around.random,
            der=self._quirks.der_signatures,
            smaller=self._quirks.smaller_signatures,
        )
        if self._around.spoils(Proof.ACTIVE_AUTHENTICATION):
            signature = signature[:-1] + bytes([signature[-1] ^ 0x01])
        return ResponseApdu(signature, StatusWord.OK)

    def _open(self, session: ChipSession) -> None:
        self._session, self._files.unlocked = session, True
        self._memory.wrong_keys = 0

    def _delay(self) -> None:
        if self._memory.wrong_keys and self._quirks.wrong_key_delay_s:
            self._around.wait(self._memory.wrong_keys * self._quirks.wrong_key_delay_s)
