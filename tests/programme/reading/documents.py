"""A document of every line of a text: no title, no page chrome taken out."""

from qianhang.programme.reading.document import Document, lines_between
from qianhang.programme.reading.normal import normalise


def document_of(text: str) -> Document:
    normal = normalise(text)
    return Document(normal, tuple(lines_between(normal.text, 0, len(normal.text))))
