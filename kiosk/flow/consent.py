"""The consent text's version, which the consent record names (Decree 356/2025, Art. 6).

Change it whenever the words of the consent screen change.
"""

CONSENT_VERSION = "face-2026-11c"
