"""Files of every kind that plans come in, made into the one text that all quotes point into."""

from qianhang.programme.reading.intake.extract import Extracted, extract

__all__ = ["Extracted", "extract"]
