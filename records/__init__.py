"""What is kept: visits, outbox, payments and the tamper-evident match log, in SQLite on a kiosk.

Open a store with `records.store.open_store`, write with `records.journal.Journal` and `records.payments.Payments`,
deliver with `records.outbox.deliver_due`, check with `records.match_log.verify`. Every expected failure is a
`records.errors.StoreError` with a code.
"""
