"""A kiosk that asks through its hub: the hub has the certificate and the portal's account, the kiosk the receipt."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from his_adapter.simulation import OutsideWorld, System, accounts
from hub.database import open_hub_database
from hub.gateway.kiosks import Kiosks
from kiosk import paths
from kiosk.app.adapters import Adapters, build
from kiosk.doctor import ProbeState
from kiosk.doctor.certificate import check_in_records
from kiosk.settings import load
from records.tables import OutboxEntry
from records.values import BHYT_CHECKIN
from tests.app.checkin_kiosk import CARDS, CHECKIN, PASSPHRASE, Kiosk, make_identity
from tests.hub.gateway.served import HubProcess

KIOSK = "xanh-pon-01"
SETTINGS = """
[kiosk]
id = "{kiosk}"
facility_name_vi = "Bệnh viện Xanh Pôn"
facility_name_en = "Saint Paul Hospital"
facility_code = "01999"

[devices]
mode = "simulated"

[portal]
through = "hub"
checkin_file = "checkin.toml"

[hub]
base_url = "{hub}"
key = "{key}"

[his]
base_url = "{his.base_url}"
api_key = "{his_key}"
"""
AT_THE_KIOSK = """
[checkin]
send = true

[checkin.services.KNTH]
code = "02.1897"
name = "Khám Nội"
"""
ON_THE_HUB = f"""
[portal]
base_url = "{{portal}}"
username = "{accounts.PORTAL_USERNAME}"
password_md5_file = "portal.md5"
officer_name = "{accounts.OFFICER_NAME}"
officer_number_file = "officer.id"
sign_in_rest_s = 0

[facility]
code = "01999"
"""


@pytest.fixture(scope="module")
def outside() -> Iterator[OutsideWorld]:
    with OutsideWorld(paths.people(), cards=CARDS, facility="01999") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, outside: OutsideWorld) -> Path:
    """What the hospital's IT staff lay on the hub's machine."""
    made = tmp_path / "hub"
    made.mkdir()
    certificate, sealed = make_identity()
    outside.register_certificate(certificate)
    (made / "facility.p12").write_bytes(sealed)
    (made / "facility.passphrase").write_text(PASSPHRASE + "\n")
    (made / "portal.md5").write_text(accounts.PORTAL_PASSWORD_MD5)
    (made / "officer.id").write_text(accounts.OFFICER_NUMBER)
    return made


@pytest.fixture
def hub(folder: Path) -> Iterator[HubProcess]:
    process = HubProcess(folder / "hub.db", folder / "hub.toml")
    yield process
    process.close()


@pytest.fixture
def serve(folder: Path, hub: HubProcess, outside: OutsideWorld) -> Callable[..., None]:
    def start(*, checkin: bool = True) -> None:
        text = ON_THE_HUB.format(portal=outside.urls[System.PORTAL])
        if checkin:
            text += CHECKIN.format(send="true", service="KNTH").partition("[checkin.services")[0]
        (folder / "hub.toml").write_text(text, "utf-8")
        hub.start()

    return start


@pytest.fixture
def kiosk_of(outside, folder, tmp_path, hub, store, now) -> Iterator[Callable[[], Kiosk]]:
    """A kiosk of the hub that runs."""
    made: list[Adapters] = []

    def make() -> Kiosk:
        with open_hub_database(folder / "hub.db") as own:
            key = Kiosks(own).add(KIOSK)
        his = outside.his_settings()
        file = tmp_path / "kiosk.toml"
        secret = his.api_key.get_secret_value()
        file.write_text(SETTINGS.format(kiosk=KIOSK, hub=hub.url, key=key, his=his, his_key=secret), "utf-8")
        (tmp_path / "checkin.toml").write_text(AT_THE_KIOSK, "utf-8")
        settings = load(file)
        made.append(build(settings))
        return Kiosk(outside, made[-1], store, now, settings)

    yield make
    for adapters in made:
        adapters.close()


def test_the_portal_has_the_hubs_signed_record_and_the_kiosk_its_receipt(serve, kiosk_of):
    serve()
    kiosk = kiosk_of()
    visit_id = kiosk.check_in()
    kiosk.later(seconds=1)
    (receipt,) = kiosk.receipts(visit_id)
    assert receipt["code"] == "200"
    assert receipt["transaction_id"] == kiosk.taken()[kiosk.record_of(visit_id)]
    assert kiosk.delivery.pending() == 0
    finding = check_in_records(kiosk.settings)
    assert finding.state is not ProbeState.FAIL
    assert finding.detail.startswith("sent by the hub; the certificate counts until ")


def test_a_hub_that_is_down_gets_the_record_later_and_once(serve, kiosk_of, hub):
    serve()
    kiosk = kiosk_of()
    hub.kill()
    visit_id = kiosk.check_in()
    kiosk.later(minutes=11)
    assert kiosk.record_of(visit_id) not in kiosk.taken()
    assert check_in_records(kiosk.settings).detail.startswith("hub: unreachable")
    serve()
    for _ in range(4):  # the card is asked about, the hospital told of it, the record sent
        kiosk.later(minutes=11)
    (receipt,) = kiosk.receipts(visit_id)
    assert receipt["transaction_id"] == kiosk.taken()[kiosk.record_of(visit_id)]
    assert kiosk.delivery.pending() == 0


def test_a_hub_that_is_not_set_up_for_it_says_so_and_nothing_is_lost(serve, kiosk_of, hub, store):
    serve(checkin=False)
    kiosk = kiosk_of()
    visit_id = kiosk.check_in()
    kiosk.later(seconds=1)
    assert kiosk.record_of(visit_id) not in kiosk.taken()
    with store.snapshot() as session:
        entry = session.query(OutboxEntry).filter_by(kind=BHYT_CHECKIN).one()
        assert (entry.dead, entry.last_error_code) == (False, "server_error")
    finding = check_in_records(kiosk.settings)
    assert finding.state is ProbeState.FAIL
    assert "[checkin] with send = true" in finding.detail
    assert hub.stop() == 0
    serve()
    kiosk.later(hours=1)
    (receipt,) = kiosk.receipts(visit_id)
    assert receipt["transaction_id"] == kiosk.taken()[kiosk.record_of(visit_id)]
