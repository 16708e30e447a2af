"""The window's process loads no driver and no model, only the proxies."""

import subprocess
import sys

HEAVY = ("cv2", "onnxruntime", "insightface", "numpy", "zxingcpp", "smartcard", "PySide6")


def test_the_proxies_load_nothing_heavy() -> None:
    script = (
        "import sys, kiosk.workers.messages, kiosk.workers.reader, kiosk.workers.vision\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
