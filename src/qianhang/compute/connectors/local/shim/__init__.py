"""The process that stands beside one run, from its start to its end.

It starts anew for every run, so every import counts: nothing here imports Django, the rest of the platform, or a part
of the standard library that takes milliseconds to load (pathlib, dataclasses, subprocess, typing, re).
"""
