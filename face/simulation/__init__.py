"""A simulated camera: a real MJPEG stream over HTTP from a process of its own, showing people who move a little."""
