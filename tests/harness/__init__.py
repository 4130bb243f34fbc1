"""What lets `python -m pytest` run anywhere, as anyone, on a real PostgreSQL of its own."""
