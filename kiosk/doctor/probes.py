"""All probes with their time limits, in the order of the report."""

from kiosk.doctor import certificate, devices, machine, services, store, trust
from kiosk.doctor.report import Probe, ProbeName

QUICK_S = 5.0
SERVICE_S = 65.0  # an adapter's own limit may be set up to 60 s
CHAIN_S = 60.0  # a year of a busy kiosk is some hundred thousand entries

PROBES = (
    Probe(ProbeName.SETTINGS, machine.settings, QUICK_S),
    Probe(ProbeName.ASSETS, machine.assets, 20.0),  # hashes some tens of megabytes
    Probe(ProbeName.CLOCK, machine.clock, QUICK_S),
    Probe(ProbeName.TIME_ZONE, machine.time_zone, QUICK_S),
    Probe(ProbeName.DISK, machine.disk, QUICK_S),
    Probe(ProbeName.STORE, store.store, 15.0),
    Probe(ProbeName.MATCH_LOG, store.match_log, CHAIN_S),
    Probe(ProbeName.READER, devices.reader, QUICK_S),
    Probe(ProbeName.CARD, devices.card, QUICK_S),
    Probe(ProbeName.TRUST_STORE, trust.trust_store, 20.0),  # some hundreds of certificates
    Probe(ProbeName.SCANNER, devices.scanner, QUICK_S),
    Probe(ProbeName.CAMERA, devices.camera, devices.CAMERA_LIMIT_S + 7.0),  # opening and closing come on top
    Probe(ProbeName.MODELS, devices.models, 30.0),
    Probe(ProbeName.PRINTER, devices.printer, SERVICE_S),
    Probe(ProbeName.PORTAL, services.portal, SERVICE_S),
    Probe(ProbeName.CHECK_IN_RECORDS, certificate.check_in_records, SERVICE_S),
    Probe(ProbeName.HIS, services.his, SERVICE_S),
    Probe(ProbeName.PAYMENT, services.payment, SERVICE_S),
)
