"""Lines wrapped at a fixed width, in text pasted from a page layout: which line ends are only wraps."""


def blank_out_wraps(text: str) -> str:
    """The text with line ends that are only wraps made NUL, character for character."""
    return text
