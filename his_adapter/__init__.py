"""The outside world: the hospital system, the insurance portal and the payment provider.

`his_adapter.model` is what is said, `his_adapter.ports` who listens, `his_adapter.faults.OutsideFault` how it fails.
Adapters: `bhyt.BhytPortal`, `hospital.HisProHospital`, `payment.PayOsProvider`, built from `his_adapter.settings`.
`his_adapter.simulation.OutsideWorld` is all three systems as real server processes.
"""
