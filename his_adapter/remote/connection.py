"""One question to the hub and its answer."""

from pydantic import ValidationError

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http, Reply
from his_adapter.remote import wire
from his_adapter.remote.settings import RemoteSettings
from his_adapter.tls import TlsFiles

SYSTEM = "hub"
WAY_BACK_S = 0.4
"""The hub's time ends this long before the kiosk's, so that its answer arrives, even one about silence."""


class HubConnection:
    """Asks the hub, each question once. Raises OSError or ssl.SSLError at once for certificate files that are bad."""

    def __init__(self, settings: RemoteSettings) -> None:
        self._timeout_s = settings.timeout_s
        self._http = Http(
            SYSTEM,
            settings.base_url,
            {
                "Authorization": f"Bearer {settings.key.get_secret_value()}",
                wire.KIOSK_HEADER: settings.kiosk_id,
                "Accept": "application/json",
            },
            tls=TlsFiles(settings.authority, settings.certificate, settings.certificate_key),
            max_body_bytes=wire.MAX_ANSWER_BYTES,
        )

    def ask(self, operation: wire.Operation[wire.Question, wire.Answer], question: wire.Question) -> wire.Answer:
        """The hub's answer. Raises OutsideFault: the one the hub tells, or its own silence.

        A hub that is not reached has done nothing (UNREACHABLE); one that falls silent may have (TIMEOUT).
        """
        deadline = Deadline(self._timeout_s)
        reply = self._http.call(
            "POST",
            wire.API + operation.path,
            deadline,
            payload=question.model_dump(mode="json"),
            headers={wire.DEADLINE_HEADER: str(_milliseconds(deadline.left()))},
        )
        if reply.status != 200:
            raise self._told(reply)
        try:
            return operation.answer.model_validate_json(reply.body)
        except ValidationError as error:
            where = ", ".join(".".join(str(part) for part in item["loc"]) for item in error.errors()[:3])
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, where) from None

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def _told(self, reply: Reply) -> OutsideFault:
        """What the hub says went wrong. Only the hub can say no: what a proxy says is no word on the visit."""
        try:
            return wire.Failure.model_validate_json(reply.body).fault.fault()
        except ValidationError:
            refused = self._http.refused(reply.status)
            return refused or self._http.fault(OutsideFaultCode.BAD_ANSWER, f"HTTP {reply.status}")


def _milliseconds(seconds: float) -> int:
    return max(1, round((seconds - WAY_BACK_S) * 1_000))
