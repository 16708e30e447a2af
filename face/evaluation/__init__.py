"""How well it works: error rates of verification and of presentation attack detection, on pictures and clips given.

Terms and definitions follow ISO/IEC 19795-1 (comparison) and ISO/IEC 30107-3 (presentation attacks).
"""
