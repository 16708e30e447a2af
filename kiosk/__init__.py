"""The kiosk: what the patient touches. Pure flow, device workers, Qt screens, the IT staff's screens."""
