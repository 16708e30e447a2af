"""The simulated bank: four payment providers in one server, and somebody who scans their codes and pays."""

from fastapi import FastAPI
from pydantic import TypeAdapter

from his_adapter.simulation.bank_momo import MoMoDesk
from his_adapter.simulation.bank_payos import PayOsDesk
from his_adapter.simulation.bank_sepay import SePayDesk
from his_adapter.simulation.bank_vnpay import VnPayDesk
from his_adapter.simulation.commands import (
    Answer,
    Command,
    Deliver,
    Expire,
    Fault,
    HoldNotices,
    Pay,
    PayQr,
    Provider,
    SetFault,
    SetWebhook,
    System,
)
from his_adapter.simulation.notices import Notices
from his_adapter.simulation.process import Simulator


class BankSimulator(Simulator):
    """Orders live as long as the process."""

    system = System.BANK
    impossible = frozenset({Fault.EXPIRED_TOKEN})

    def __init__(self) -> None:
        self._notices = Notices()
        self._payos = PayOsDesk(self._notices)
        self._sepay = SePayDesk(self._notices)
        self._vnpay = VnPayDesk(self._notices)
        self._momo = MoMoDesk(self._notices)
        self.app = FastAPI(title="Simulated bank", docs_url=None, redoc_url=None, openapi_url=None)
        for desk in (self._payos, self._sepay, self._vnpay, self._momo):
            self.app.include_router(desk.router)

    def commands(self) -> TypeAdapter[Command]:
        return TypeAdapter(SetFault | Pay | PayQr | Expire | SetWebhook | HoldNotices | Deliver)

    def fault_changed(self, fault: Fault) -> Fault:
        self._notices.wrong_signatures = fault is Fault.BAD_SIGNATURE
        return fault

    async def obey(self, command: Command) -> Answer:
        match command:
            case Pay():
                return await self._payos.pay(command)
            case PayQr():
                for desk in (self._payos, self._sepay, self._vnpay, self._momo):
                    if (answer := await desk.scan(command)) is not None:
                        return answer
                return Answer(ok=False, error="a code of nobody here")
            case Expire():
                return self._payos.expire(command.expire)
            case SetWebhook():
                return self._set_webhook(command)
            case HoldNotices():
                self._notices.hold = command.hold
                if not command.hold:
                    self._notices.drop()
            case Deliver():
                sent = await self._notices.deliver(command.deliver, backwards=command.backwards)
                return Answer(ok=True, webhooks=sent)
        return Answer(ok=True)

    async def close(self) -> None:
        await self._notices.close()

    def _set_webhook(self, command: SetWebhook) -> Answer:
        match command.provider:
            case Provider.PAYOS:
                self._payos.webhook = command.webhook
            case Provider.SEPAY:
                self._sepay.webhook = command.webhook
            case Provider.VNPAY:
                self._vnpay.webhook = command.webhook
            case Provider.MOMO:
                return Answer(ok=False, error="MoMo is told the address with each order")
        return Answer(ok=True)
