"""The logical data structure of the chip (ICAO 9303-10): its files and what they say."""
