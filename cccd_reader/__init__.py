"""The chip of Vietnam's citizen card: ISO 7816 and ICAO 9303 over PC/SC."""
