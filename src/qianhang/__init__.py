"""Qianhang: a region's AI+ action plan as a running programme."""

__version__ = "0.1.0"
