"""The hospital's server: the kiosks' gateway to the outside systems, and the web console for auditors and IT staff."""
