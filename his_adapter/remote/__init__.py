"""The hospital system, the insurance portal and payments as a hospital's hub offers them: the same ports over HTTP.

One schema (`his_adapter.remote.wire`) serves both ends: `RemoteHospital`, `RemotePortal`, `RemoteCheckIn` and
`RemotePayment`, and the hub's gateway.
"""

from his_adapter.remote.checkin import RemoteCheckIn
from his_adapter.remote.hospital import RemoteHospital
from his_adapter.remote.payment import RemotePayment
from his_adapter.remote.portal import RemotePortal
from his_adapter.remote.settings import RemoteSettings

__all__ = ["RemoteCheckIn", "RemoteHospital", "RemotePayment", "RemotePortal", "RemoteSettings"]
