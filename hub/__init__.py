"""The hospital's server: for now the web console in which auditors and IT staff review a kiosk's match log."""
