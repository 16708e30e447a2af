"""`hub serve --settings hub.toml` as a hospital runs it, killed at the worst moment."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from his_adapter.model import PaymentState
from his_adapter.remote import RemotePayment, RemoteSettings
from his_adapter.simulation import Fault, OutsideWorld, System
from his_adapter.simulation.commands import Provider
from hub.__main__ import main
from hub.database import open_hub_database
from hub.gateway.kiosks import Kiosks
from tests.hub.gateway.served import HubProcess
from tests.hub.payments.money_hub import bill, recorded


def settings_text(world: OutsideWorld) -> str:
    account = world.sepay_settings()
    return f"""\
[payment]
provider = "sepay"
poll_interval_s = 0

[payment.sepay]
base_url = {json.dumps(account.base_url)}
bank = "{account.bank}"
account = "{account.account}"
api_token_file = "sepay.token"
webhook_secret_file = "sepay.secret"
poll_interval_s = 0
"""


@pytest.fixture
def hub(tmp_path: Path, world: OutsideWorld) -> Iterator[HubProcess]:
    account = world.sepay_settings()
    (tmp_path / "hub.toml").write_text(settings_text(world), "utf-8")
    (tmp_path / "sepay.token").write_text(account.api_token.get_secret_value(), "utf-8")
    (tmp_path / "sepay.secret").write_text(account.webhook_secret.get_secret_value() + os.linesep, "utf-8")
    made = HubProcess(tmp_path / "hub.db", tmp_path / "hub.toml")
    yield made
    made.close()


def test_a_hub_that_is_killed_after_its_answer_has_kept_its_word(
    hub: HubProcess, world: OutsideWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_hub_database(tmp_path / "hub.db") as own:
        key = Kiosks(own).add("k1")
    hub.start()
    world.webhook(f"{hub.url}/api/v1/payment/sepay/notice", Provider.SEPAY)
    kiosk = RemotePayment(RemoteSettings(hub.url, "k1", SecretStr(key)))
    intent, other = kiosk.create(bill()), kiosk.create(bill())
    assert world.pay_qr(intent.qr_text) == (200,)
    assert world.pay_qr(other.qr_text, other.amount_dong + 1) == (200,)
    hub.kill()
    kiosk.close()
    world.fault(System.BANK, Fault.DOWN)  # nobody will tell again, nobody can be asked
    hub.start()
    kiosk = RemotePayment(RemoteSettings(hub.url, "k1", SecretStr(key)))
    assert kiosk.status(recorded(intent)).state is PaymentState.PAID
    assert kiosk.status(recorded(other)).state is PaymentState.OVERPAID
    kiosk.close()
    figures = httpx.get(f"{hub.url}/metrics", trust_env=False).text
    assert "tiepdon_payment_notices" in figures
    assert hub.stop() == 0
    log = hub.log.read_text()
    assert "simulated-" not in log
    assert intent.purpose not in log
    assert main(["payments", "list", "--data", str(tmp_path / "hub.db")]) == 0
    assert f"sepay-{other.order_code}\topen\toverpaid" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('webhook_secret_file = "sepay.secret"\n', ""), "webhook secret"),
        (('provider = "sepay"', 'provider = "momo"'), "[payment.momo] is missing"),
        (('api_token_file = "sepay.token"', 'api_token = "in the clear"'), "a secret; give api_token_file"),
        (("account = ", "acount = "), "sepay.account"),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    hub: HubProcess,
    world: OutsideWorld,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    said: str,
) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(settings_text(world).replace(*change), "utf-8")
    assert main(["serve", "--data", str(tmp_path / "hub.db"), "--settings", str(file), "--port", "0"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "in the clear" not in error
