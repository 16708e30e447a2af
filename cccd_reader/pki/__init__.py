"""Trust in the issuer: certificates, revocation and master lists of the eMRTD PKI (ICAO 9303-12), a trust store, the
chain from a document to its country's authority, and the port to an online verifier."""
