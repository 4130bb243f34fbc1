"""Table rows as lines of text."""

from collections.abc import Sequence

LONGEST_CELL = 400
"""Characters; what is longer, or has more lines than MOST_LINES, is not a cell but a table used to lay out a page."""

MOST_LINES = 12


def lines_of_row(cells: Sequence[Sequence[str]]) -> list[str]:
    """One line with tabs between the cells; the lines of every cell where the table only lays out the page."""
    filled = [cell for cell in cells if cell]
    if len(filled) < 2 or any(len(cell) > MOST_LINES or sum(map(len, cell)) > LONGEST_CELL for cell in filled):
        return [line for cell in filled for line in cell]
    return ["\t".join(" ".join(cell).replace("\t", " ") for cell in cells)]
