"""GNU Health as a hospital system: patients, cards, appointments, fees, invoices, payments; Tryton's JSON-RPC."""

from his_adapter.hospital.gnuhealth.hospital import GnuHealthHospital
from his_adapter.hospital.gnuhealth.settings import GnuHealthDepartment, GnuHealthSettings

__all__ = ["GnuHealthDepartment", "GnuHealthHospital", "GnuHealthSettings"]
