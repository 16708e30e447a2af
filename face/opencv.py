"""The one place that imports OpenCV.

opencv-python carries a Qt of its own and points ``QT_QPA_PLATFORM_PLUGIN_PATH`` and ``QT_QPA_FONTDIR`` at it when it is
imported. A process that also runs PySide6, or starts one, must not inherit them.
"""

import os

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "8")  # fatal only: a lost stream is a CameraFault, not a line on stderr
# A camera is in this room: never ask a proxy that the environment names for everything else. The first option is
# OpenCV's own default, which setting the variable replaces.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|http_proxy;none")

import cv2
import numpy as np
import numpy.typing as npt

os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
os.environ.pop("QT_QPA_FONTDIR", None)

# YuNet makes OpenCV 5 warn about its own graph engine each time; errors still reach stderr.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

Image = npt.NDArray[np.uint8]  # H x W x 3, blue-green-red
Points = npt.NDArray[np.float32]  # N x 2, pixels

__all__ = ["Image", "Points", "cv2"]
