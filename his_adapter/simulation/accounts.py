"""The accounts of the simulated systems. Invented, good for nothing else: no real system knows them."""

import hashlib

PORTAL_USERNAME = "01999_BV"
PORTAL_PASSWORD_MD5 = hashlib.md5(b"simulated portal", usedforsecurity=False).hexdigest()
OFFICER_NAME = "ĐINH THỊ MÔ PHỎNG"
OFFICER_NUMBER = "001180990099"
OWN_FACILITY = "01999"
OTHER_FACILITY = "01998"
HIS_API_KEY = "simulated-his-key"
BANK_CLIENT_ID = "simulated-client"
BANK_API_KEY = "simulated-bank-key"
BANK_CHECKSUM_KEY = "simulated-checksum-key"
SEPAY_BANK, SEPAY_ACCOUNT = "970418", "96247SIMULATED"
SEPAY_API_KEY = "simulated-sepay-token"
SEPAY_WEBHOOK_KEY = "simulated-sepay-secret"
VNPAY_TERMINAL = "SIMUL001"
VNPAY_HASH_KEY = "simulated-vnpay-secret"
MOMO_PARTNER = "MOMOSIMULATED"
MOMO_ACCESS_KEY = "simulated-momo-access"
MOMO_SIGNING_KEY = "simulated-momo-secret"
FHIR_ACCOUNT = "simulated-kiosk"
FHIR_KEY = "simulated-fhir-key"
