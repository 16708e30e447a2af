"""The devices that can hang, each in a process of its own: card reader and camera, under a supervisor.

The window's process imports the proxies (`reader.ReaderWorker`, `vision.VisionWorker`) and `messages`; drivers and
models are loaded in the worker processes alone.
"""
