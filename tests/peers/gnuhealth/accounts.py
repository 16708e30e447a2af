"""Invented accounts of the peer, whose server listens on the loopback while tests run."""

ADMIN, ADMIN_PASSWORD = "admin", "quan-tri-benh-vien-mau-2026"
KIOSK, KIOSK_PASSWORD = "kiosk-sanh-1", "ban-tiep-don-tang-tret-2026"
