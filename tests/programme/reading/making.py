"""One plan in every form that it comes in."""

import io
import re
from collections.abc import Sequence
from html import escape

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from opencc import OpenCC
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

LEVELS = (
    ("chineseCounting", "%1、", re.compile(r"[一二三四五六七八九十]+、")),
    ("chineseCounting", "（%2）", re.compile(r"[（(][一二三四五六七八九十]+[）)]")),
    ("decimal", "%3．", re.compile(r"\d+[.．]")),
)


SONG = "STSong-Light"


def paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def traditional(text: str) -> str:
    return OpenCC("s2t").convert(text)


def as_html(text: str) -> bytes:
    """A page of a government site: navigation, scripts, counters and a foot around the paragraphs."""
    body = "".join(f'<p style="text-indent:2em">{escape(line)}</p>\n' for line in paragraphs(text))
    return f"""<!DOCTYPE html><html><head><meta charset="gb2312"><title>政策文件 - 岭湖市人民政府</title>
<style>p {{ margin: 0 }}</style><script>var title = "一、不是正文";</script></head><body>
<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/zc">政策</a></li></ul></div>
<div>当前位置：<a href="/">首页</a> &gt; <a href="/zc">政策文件</a></div>
<div>发布时间：2025-03-20 09:15 来源：市政府办公室 浏览次数：<span id="hits">1024</span> 【字体：大 中 小】</div>
<div class="content">{body}</div>
<div>打印本页</div><div>关闭窗口</div><div style="display:none">二、也不是正文</div>
<footer>主办单位：岭湖市人民政府办公室　网站标识码：3300000001</footer></body></html>""".encode("gb18030")


def as_docx(text: str) -> bytes:
    """Every heading's number is left to Word: one list of levels, restarting or running on as in the text."""
    document = docx.Document()
    lines = paragraphs(text)
    thirds = [line for line in lines if LEVELS[2][2].match(line)]
    runs_on = sum(LEVELS[2][2].match(line)[0][:-1] == "1" for line in thirds) == 1
    levels = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        + ('<w:lvlRestart w:val="0"/>' if depth == 2 and runs_on else "")
        + f'<w:lvlText w:val="{shown}"/></w:lvl>'
        for depth, (form, shown, _) in enumerate(LEVELS)
    )
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for line in lines:
        depth, found = next(
            ((depth, found) for depth, (_, _, mark) in enumerate(LEVELS) if (found := mark.match(line))), (0, None)
        )
        paragraph = document.add_paragraph(line[found.end() :] if found else line)
        if found:
            numbered = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="90"/></w:numPr>'
            paragraph._p.get_or_add_pPr().append(parse_xml(numbered))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def as_pdf(text: str, *, runs: bool = False) -> bytes:
    """GB/T 9704-2012: 28 characters to a line, 22 lines to a page, paragraphs indented by two, numbers at the foot.

    With `runs` as word processors print it: Latin letters and digits in a font of their own, each run placed by itself,
    under a running head.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(SONG))
    file = io.BytesIO()
    page = canvas.Canvas(file, pagesize=A4)
    size, left, top, leading = 15.5, 80.0, A4[1] - 110, 28.5
    lines = [(index == 0, line) for paragraph in paragraphs(text) for index, line in enumerate(wrapped(paragraph))]
    for number, start in enumerate(range(0, len(lines), 22), start=1):
        page.setFont(SONG, 12)
        if runs:
            page.drawCentredString(A4[0] / 2, A4[1] - 60, "岭湖市人民政府公报")
        for row, (first, line) in enumerate(lines[start : start + 22]):
            x, y = left + (2 * size if first else 0), top - row * leading
            for piece in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", line) if runs else [line]:
                font = "Times-Roman" if runs and piece.isascii() else SONG
                page.setFont(font, size)
                page.drawString(x, y, piece)
                x += pdfmetrics.stringWidth(piece, font, size)
        page.setFont(SONG, 12)
        page.drawString((left, 450.0)[number % 2], 60, f"— {number} —")
        page.showPage()
    page.save()
    return file.getvalue()


def wrapped(paragraph: str, *, width: int = 28, indent: int = 2) -> Sequence[str]:
    """Lines of at most `width` Chinese characters, the first shorter by the indent; closing marks may stand out."""
    lines: list[str] = []
    room = float(width - indent)
    while paragraph:
        taken, used = 0, 0.0
        while taken < len(paragraph) and used + (step := 0.5 if paragraph[taken] < "\x7f" else 1.0) <= room:
            used, taken = used + step, taken + 1
        if taken < len(paragraph) and paragraph[taken] in "，。、；：）”》,;:)":
            taken += 1
        lines.append(paragraph[:taken])
        paragraph, room = paragraph[taken:], float(width)
    return lines


def as_printed_text(text: str) -> str:
    """The same page as text: wrapped lines, indents of two ideographic spaces, page numbers between."""
    lines = [
        ("　　" if index == 0 else "") + line
        for paragraph in paragraphs(text)
        for index, line in enumerate(wrapped(paragraph))
    ]
    pages = [lines[start : start + 22] for start in range(0, len(lines), 22)]
    return "\n".join("\n".join([*page, f"— {number} —"]) for number, page in enumerate(pages, start=1))


def in_chrome(text: str, above: Sequence[str], below: Sequence[str]) -> str:
    return "\n".join((*above, text, *below))
