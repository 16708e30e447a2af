"""Check-in records to the portal: ``POST /api/qd130/checkInKcbQd3176`` (Decision 3176/QD-BYT 2024, PL01).

Normally the hospital's own system sends them; two senders for one hospital would be one too many. Therefore sending is
off until somebody says otherwise.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Protocol

from his_adapter.bhyt.session import Session
from his_adapter.bhyt.token import Token, TokenStore
from his_adapter.bhyt.xml0.document import build_tree
from his_adapter.bhyt.xml0.identity import SigningIdentity
from his_adapter.bhyt.xml0.receipt import CheckInReceipt, UnreadableReceipt, read_receipt
from his_adapter.bhyt.xml0.record import CheckInRecord0
from his_adapter.bhyt.xml0.signature import SignatureProfile, SignatureRefused, sign, verify
from his_adapter.clock import Now, now
from his_adapter.faults import OutsideFaultCode
from his_adapter.http import Deadline, Http
from his_adapter.settings import PortalSettings

SYSTEM = "bhyt_checkin"
CHECK_IN_PATH = "/api/qd130/checkInKcbQd3176"
CHECK_IN_FILE = "0"
"""loaiHoSo of a check-in file; 130 is the full file after the visit."""
SIGNED_OUT = frozenset({"401", "501", "999"})


@dataclass(frozen=True, slots=True)
class CheckInSettings:
    """How records are signed and sent. `send` False: nothing leaves this house.

    `facility_code` is MA_CSKCB, `province_code` maTinh. `accepted`: values of maKetQua that are a receipt; the guide at
    hand names none for this call, 200 is what the portal's other calls of the kind say (confidence low).
    """

    identity: SigningIdentity
    facility_code: str
    province_code: str
    send: bool = False
    profile: SignatureProfile = field(default_factory=SignatureProfile)
    accepted: frozenset[str] = frozenset({"200"})
    path: str = CHECK_IN_PATH
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        if len(self.facility_code) != 5 or len(self.province_code) != 2:
            raise ValueError("a facility's code has five characters, a province's two")


class CheckInSender(Protocol):
    """Whoever gets records to the portal: `XmlCheckInSender`, a hub, or a guard before either."""

    def send(self, record: CheckInRecord0) -> CheckInReceipt:
        """The portal's receipt. Raises OutsideFault."""
        ...

    def close(self) -> None:
        """Release the connections."""
        ...


class XmlCheckInSender:
    """Signs, checks its own signature as the portal would, and sends. Raises ValueError unless `send` is on.

    For an outbox: what `outbox.KIND` names is `load_checkin(text)` given to `send`.
    """

    def __init__(self, portal: PortalSettings, settings: CheckInSettings, clock: Now = now) -> None:
        if not settings.send:
            raise ValueError("sending check-in records is switched off")
        self._portal = portal
        self._settings = settings
        self._clock = clock
        self._http = Http(SYSTEM, portal.base_url)
        self._tokens = TokenStore(self._http, portal, clock)

    def send(self, record: CheckInRecord0) -> CheckInReceipt:
        """The portal's receipt for one record.

        Raises OutsideFault: TIMEOUT when it is unknown whether the record arrived. It is sent again with the same MA_LK
        and STT, which name it for ever; that the portal counts such a pair once is assumed (confidence low). REJECTED
        when the portal says no, and AUTH when the account is refused or our certificate cannot sign today.
        """
        document = self._signed(record)
        digest = hashlib.sha256(document).hexdigest()
        deadline = Deadline(self._settings.timeout_s)
        session = Session(self._http, self._tokens, deadline)
        receipt = session.ask(
            lambda token: self._exchange(document, digest, token, deadline),
            lambda said: said.code in SIGNED_OUT or (said.code not in self._settings.accepted and _of_token(said)),
        )
        if receipt.code in SIGNED_OUT:
            raise self._http.fault(OutsideFaultCode.AUTH, f"maKetQua {receipt.code}")
        if receipt.code == "500":
            raise self._http.fault(OutsideFaultCode.SERVER_ERROR, "maKetQua 500")
        if receipt.code not in self._settings.accepted:
            raise self._http.fault(OutsideFaultCode.REJECTED, f"maKetQua {receipt.code}")
        return receipt

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def _signed(self, record: CheckInRecord0) -> bytes:
        identity, profile = self._settings.identity, self._settings.profile
        moment = self._clock()
        if not identity.valid_at(moment):
            raise self._http.fault(OutsideFaultCode.AUTH, "our certificate is not in its dates")
        document = sign(build_tree((record,)), identity, profile)
        try:
            if verify(document, identity.certificate, profile, moment) == (record,):
                return document
        except SignatureRefused:
            pass
        raise self._http.fault(OutsideFaultCode.AUTH, "our own signature does not hold")

    def _exchange(self, document: bytes, digest: str, token: Token, deadline: Deadline) -> CheckInReceipt | None:
        sent = self._http.call(
            "POST",
            self._settings.path,
            deadline,
            headers=self._tokens.headers(token),
            form={
                "username": self._portal.username,
                "loaiHoSo": CHECK_IN_FILE,
                "maTinh": self._settings.province_code,
                "maCSKCB": self._settings.facility_code,
                "fileHSBase64": base64.b64encode(document).decode(),
            },
        )
        if sent.status in (401, 403):
            return None
        if refusal := self._http.refused(sent.status):
            raise refusal
        try:
            return read_receipt(self._http.parse(sent.body), digest)
        except UnreadableReceipt as error:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, str(error)) from None


def _of_token(receipt: CheckInReceipt) -> bool:
    return "token" in receipt.message.casefold()
