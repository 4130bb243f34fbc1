"""The whole of reading: text in, findings out. Pure and deterministic; never raises on any text."""

from qianhang.programme.reading.document import Document, plain_document
from qianhang.programme.reading.structure import Tree, build_tree

__all__ = ["Document", "Tree", "build_tree", "plain_document"]
