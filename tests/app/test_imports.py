"""What the window's process must not load: recognition models and servers are for processes of their own."""

import subprocess
import sys

HEAVY = ("onnxruntime", "insightface", "cv2", "scipy", "skimage", "uvicorn")


def test_the_windows_process_loads_no_recognition_library():
    code = f"import sys, kiosk.app.run; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
