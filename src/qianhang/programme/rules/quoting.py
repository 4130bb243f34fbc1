"""Finding the words that a person quotes, although blanks and line ends may differ from the document's."""

import re

MOST_QUOTED = 2000
_BLANKS = re.compile(r"\s+")


def find_quote(text: str, quote: str, *, near: int | None = None) -> tuple[int, int] | None:
    """Offset and length of `quote` in `text`; None when it is not there.

    A blank in the quote may be any run of blanks in the text, and none where Chinese was wrapped. Of several places it
    is the one that begins nearest to `near`, or the first.
    """
    words = [re.escape(word) for word in _BLANKS.split(quote.strip()) if word]
    if not words or len(quote) > MOST_QUOTED:
        return None
    places = [(found.start(), found.end() - found.start()) for found in re.finditer(r"\s*".join(words), text)]
    if not places:
        return None
    if near is None:
        return places[0]
    return min(places, key=lambda place: abs(place[0] - near))
