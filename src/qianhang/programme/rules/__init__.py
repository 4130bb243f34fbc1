"""Decisions of the programme room: pure functions over plain values."""
