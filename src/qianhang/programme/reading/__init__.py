"""Reading a plan: pure functions from a document's text to findings. No Django, no database, no clock, no model."""
