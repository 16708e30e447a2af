"""Presentation attack detection (ISO/IEC 30107-3): is it a living person whom the camera sees?"""
