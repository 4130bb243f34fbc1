"""The statistical report as a PDF on A4, with ReportLab (BSD), which is an optional part of the installation.

Chinese is set in STSong-Light, one of the fonts of Adobe's Asian packs that every PDF reader knows how to replace by a
font of its own (ReportLab user guide, 3.6): nothing has to be installed, and the file stays small.
"""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext

from qianhang.core.errors import DomainError

if TYPE_CHECKING:
    from .reports import Sheet

FONT = "STSong-Light"
INK, SOFT, RULE, PINE = "#1e1d1a", "#565248", "#dad5c9", "#1c5b46"
SMALL, BODY, HEAD, TITLE = 7.5, 9.0, 11.0, 17.0
LINE_HEIGHT = 1.5
# Of the width between the margins.
TARGET_COLUMNS = (0.30, 0.19, 0.12, 0.10, 0.10, 0.10, 0.09)
OVERDUE_COLUMNS = (0.6, 0.25, 0.15)
COUNT_COLUMNS = (0.35, 0.1, 0.1, 0.35, 0.1)
# What ReportLab's frame keeps free on each side.
FRAME_PADDING = 6


class PdfUnavailable(DomainError):
    code, status = "pdf_unavailable", 503
    message = _lazy(
        "PDF needs an optional part. Ask the operator to install qianhang[reports]; until then print this page."
    )


def as_pdf(sheet: "Sheet") -> bytes:
    """The bytes of the file. Raises PdfUnavailable where ReportLab is not installed."""
    try:
        from reportlab.lib import colors
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.units import mm
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.platypus import SimpleDocTemplate, Spacer
    except ImportError as error:
        raise PdfUnavailable from error
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    margin = 18 * mm
    width = A4[0] - 2 * margin - 2 * FRAME_PADDING
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin,
        title=f"{sheet.plan_title} {sheet.title} {sheet.period}", author=sheet.issuer,
    )  # fmt: skip
    story: list[Any] = [
        _words(f"{sheet.title} · {sheet.period}", size=BODY, colour=PINE),
        _words(sheet.plan_title, size=TITLE),
        _words(f"{sheet.issuer}　{sheet.span}", size=BODY, colour=SOFT),
        Spacer(0, 4 * mm),
        _words(sheet.message, size=HEAD),
        Spacer(0, 4 * mm),
        _words(_("Targets"), size=HEAD, colour=PINE),
        _table(_target_rows(sheet), [share * width for share in TARGET_COLUMNS], numbers=(2, 3, 4, 5)),
        Spacer(0, 5 * mm),
        _words(_("Tasks and systems"), size=HEAD, colour=PINE),
        _table(_count_rows(sheet), [share * width for share in COUNT_COLUMNS], numbers=(1, 4)),
    ]
    if sheet.overdue:
        story += [Spacer(0, 5 * mm), _words(_("Overdue tasks"), size=HEAD, colour=PINE)]
        head = (_("Task"), pgettext("of a task", "Owner"), _("Due"))
        story.append(_table([head, *sheet.overdue], [share * width for share in OVERDUE_COLUMNS], numbers=()))

    made = _("Made on {moment} (Beijing time)").format(moment=f"{timezone.localtime(sheet.made_at):%Y-%m-%d %H:%M}")

    def foot(canvas: Any, _document: Any) -> None:
        canvas.setFont(FONT, SMALL)
        canvas.setFillColor(colors.HexColor(SOFT))
        canvas.drawString(margin, margin / 2, made)
        canvas.drawRightString(A4[0] - margin, margin / 2, str(canvas.getPageNumber()))

    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _words(text: str, *, size: float, colour: str = INK, right: bool = False) -> Any:
    from reportlab.lib.enums import TA_LEFT, TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "words", fontName=FONT, fontSize=size, leading=size * LINE_HEIGHT, textColor=colour, wordWrap="CJK",
        alignment=TA_RIGHT if right else TA_LEFT, spaceAfter=2,
    )  # fmt: skip
    return Paragraph(escape(text), style)


def _table(rows: Sequence[Sequence[str]], widths: Sequence[float], *, numbers: Sequence[int]) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table

    cells = [
        [
            _words(text, size=SMALL, colour=INK if place else SOFT, right=column in numbers)
            for column, text in enumerate(row)
        ]
        for place, row in enumerate(rows)
    ]
    style = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.75, HexColor(SOFT)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, HexColor(RULE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    return Table(cells, colWidths=list(widths), repeatRows=1, style=style)


def _target_rows(sheet: "Sheet") -> list[tuple[str, ...]]:
    head = (
        _("Indicator"),
        _("Wanted"),
        _("Value"),
        _("Progress"),
        pgettext("of a number", "Change"),
        _("Year before"),
        pgettext("of a target", "Light"),
    )
    return [
        head,
        *(
            (one.line.target.indicator, f"{one.wanted} {one.by}".strip(), one.value, one.progress, one.change,
             one.year_before, one.light)
            for one in sheet.lines
        ),
    ]  # fmt: skip


def _count_rows(sheet: "Sheet") -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [(_("Tasks"), "", "", _("Platforms and institutions"), "")]
    for place in range(max(len(sheet.tasks), len(sheet.systems))):
        left = sheet.tasks[place] if place < len(sheet.tasks) else ("", "", "")
        right = sheet.systems[place] if place < len(sheet.systems) else ("", "", "")
        rows.append((str(left[1]), str(left[2]), "", str(right[1]), str(right[2])))
    return rows
