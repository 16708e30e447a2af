"""The hospital system and the insurance portal as a hospital's hub offers them: the same ports over its HTTP API.

One schema (`his_adapter.remote.wire`) serves both ends: `RemoteHospital` and `RemotePortal`, and the hub's gateway.
"""

from his_adapter.remote.hospital import RemoteHospital
from his_adapter.remote.portal import RemotePortal
from his_adapter.remote.settings import RemoteSettings

__all__ = ["RemoteHospital", "RemotePortal", "RemoteSettings"]
