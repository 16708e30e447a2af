"""Money of all kiosks in one place: orders, the providers' notices, what a person has to settle, and the ledger."""
