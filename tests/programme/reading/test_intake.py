"""Bytes in, text out: what a file is, which encoding it has, what a reader of it sees, and why it is refused."""

import contextlib
import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen import canvas

from qianhang.programme.reading.intake import extract
from qianhang.programme.reading.intake.docx import read_docx
from qianhang.programme.reading.intake.encodings import decode
from qianhang.programme.reading.intake.extract import NOTES, kind_of
from qianhang.programme.reading.intake.html import read_html
from qianhang.programme.reading.intake.mojibake import repair
from qianhang.programme.reading.intake.numbering import in_format
from qianhang.programme.reading.refusals import CODES, ReadingRefused
from tests.programme.reading import making
from tests.programme.reading.samples import plan_names, plan_text

HANS = "为落实国家部署，到2027年底，全市智能算力规模突破3000PFLOPS。"
HANT = "為落實國家部署，到2027年底，全市智能算力規模突破3000PFLOPS。"


def refusal(data: bytes) -> str:
    with pytest.raises(ReadingRefused) as refused:
        extract(data)
    assert refused.value.code in CODES
    return refused.value.code


class TestTheBytesSayWhatAFileIs:
    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (b"\n%PDF-1.7\n", "pdf"),
            (b"PK\x03\x04....", "zip"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "ole"),
            (b"\x89PNG\r\n\x1a\n\0", "image"),
            (b"{\\rtf1 }", "rtf"),
            (b"<!DOCTYPE html><html>", "html"),
            ("<P>一</P>".encode("utf-16"), "html"),
            (HANS.encode(), "txt"),
            ("BMW与MZ合作".encode(), "txt"),
            (making.traditional(plan_text("linghu-2025")).encode("utf-16"), "txt"),
        ],
    )
    def test_of_every_kind(self, data: bytes, kind: str) -> None:
        assert kind_of(data) == kind

    def test_whatever_its_name(self) -> None:
        assert extract(HANS.encode(), filename="plan.pdf", media_type="application/pdf").format == "txt"


class TestEncodings:
    @pytest.mark.parametrize("name", plan_names())
    @pytest.mark.parametrize("length", [8, 20, 60, 2000])
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5hkscs"]
    )
    def test_of_the_beginning_of_a_plan(self, name: str, length: int, encoding: str) -> None:
        text = plan_text(name)[:length]
        if encoding == "big5hkscs":
            text = making.traditional(text)
            text = text.encode(encoding, errors="ignore").decode(encoding)
        assert decode(text.encode(encoding))[0] == text

    def test_a_file_that_breaks_off_within_a_character_says_so(self) -> None:
        text, encoding, notes = decode(HANS.encode()[:-1])
        assert (text, encoding, notes) == (HANS[:-1], "utf-8", ["cut_off"])

    def test_noise_is_refused(self) -> None:
        assert refusal(bytes(range(1, 256)) * 40) == "unknown_encoding"

    @pytest.mark.parametrize("data", [b"", b" \r\n\0", b"\xef\xbb\xbf", b"\xff\xfe", b"<html><body> </body></html>"])
    def test_nothing_is_refused(self, data: bytes) -> None:
        assert refusal(data) == "empty"

    def test_what_is_longer_than_any_plan_is_refused(self) -> None:
        assert refusal("（".encode() * 1_000_000) == "too_long"

    @given(st.binary(max_size=300))
    @settings(deadline=None)
    def test_bytes_give_text_or_a_refusal(self, data: bytes) -> None:
        if kind_of(data) not in ("txt", "image", "program", "archive", "rtf"):
            return
        with contextlib.suppress(ReadingRefused):
            assert extract(data).text


class TestMojibake:
    @pytest.mark.parametrize(("wrong", "right"), [("latin-1", "utf-8"), ("latin-1", "gb18030"), ("gb18030", "utf-8")])
    def test_is_put_right_where_every_byte_is_there(self, wrong: str, right: str) -> None:
        text = HANS.replace("。", "，") + "人工智能"
        broken = text.encode(right).decode(wrong, errors="replace")
        mended, notes = repair(broken)
        if "\ufffd" in broken:
            assert notes == ["mojibake_repaired", "characters_lost"]
            assert "，全市智能算力规模突" in mended
        else:
            assert (mended, notes) == (text, ["mojibake_repaired"])

    def test_of_single_lines_is_put_right_and_the_others_stay(self) -> None:
        broken = "一、总体要求\n" + HANS.encode().decode("latin-1") + "\n二、重点任务"
        assert repair(broken) == (f"一、总体要求\n{HANS}\n二、重点任务", ["mojibake_repaired"])

    def test_what_is_lost_is_told(self) -> None:
        assert repair("规模??焖僭鲩L，锟斤拷") == ("规模??焖僭鲩L，锟斤拷", ["characters_lost"])

    @pytest.mark.parametrize("text", [HANS, HANT, "Published by", "吉林省人民政府\n2025年9月12日", "龘靐齉爩", ""])
    def test_text_that_is_right_stays(self, text: str) -> None:
        assert repair(text) == (text, [])


class TestWebPages:
    def read(self, body: str) -> str:
        return read_html(f"<html><head><title>页</title></head><body>{body}</body></html>".encode())[0]

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ("<p>一、总体<b>要求</b></p><p>正文</p>", "一、总体要求\n正文"),
            ("<div>甲<br>乙<div>丙</div>丁</div>", "甲\n乙\n丙\n丁"),
            ("甲<script>x()</script><style>y</style><!-- z -->乙", "甲乙"),
            ("<nav>首页</nav><p>甲</p><form>搜索</form>", "甲"),
            ("<p style='display: none'>藏</p><p hidden>藏</p><p>甲</p>", "甲"),
            ("<p><ruby>人<rp>(</rp><rt>rén</rt><rp>)</rp></ruby>工</p>", "人工"),
            ("<ol><li>甲</li><li>乙</li></ol><ul><li>丙</li></ul>", "1. 甲\n2. 乙\n丙"),
            ("<ol start=3><li>甲<ol><li>乙</li></ol></li><li>丙</li></ol>", "3. 甲\n1. 乙\n4. 丙"),
            (
                "<table><tr><th>指标</th><th>2027年</th></tr><tr><td><p>算力</p></td><td>5000</td></tr></table>",
                "指标\t2027年\n算力\t5000",
            ),
            ("<table><tr><td></td><td><p>一、甲</p><p>二、乙</p></td></tr></table>", "一、甲\n二、乙"),
            ("<pre>甲\n  乙</pre>", "甲\n乙"),
            ("<p>算力&gt;5000&nbsp;P</p>", "算力>5000\xa0P"),
        ],
    )
    def test_are_read_as_they_are_seen(self, body: str, text: str) -> None:
        assert self.read(body) == text

    def test_a_page_laid_out_by_a_table_is_text(self) -> None:
        cell = "".join(f"<p>第{number}段{'文' * 80}</p>" for number in range(8))
        assert "\t" not in self.read(f"<table><tr><td>{cell}</td><td>边栏</td></tr></table>")

    @pytest.mark.parametrize("charset", ["gb2312", "gbk", "utf-8", "big5"])
    def test_whatever_charset_they_claim(self, charset: str) -> None:
        page = f'<html><head><meta charset="{charset}"></head><body><p>{HANS}</p></body></html>'
        assert read_html(page.encode("gb18030"))[:3] == (HANS, "html", "gb18030")
        assert read_html(page.encode())[:3] == (HANS, "html", "utf-8")


def word_file(*paragraphs: str, numbering: str = "", styles: str = "", more: dict[str, str] | None = None) -> bytes:
    """A .docx of only what is given: WordprocessingML of the paragraphs, abstract and concrete lists, styles."""
    file = io.BytesIO()
    space = nsdecls("w")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "word/document.xml", f"<w:document {space}><w:body>{''.join(paragraphs)}</w:body></w:document>"
        )
        archive.writestr("word/numbering.xml", f"<w:numbering {space}>{numbering}</w:numbering>")
        archive.writestr("word/styles.xml", f"<w:styles {space}>{styles}</w:styles>")
        for name, content in (more or {}).items():
            archive.writestr(name, f"<w:part {space}>{content}</w:part>")
    return file.getvalue()


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def paragraph(text: str, *, at: tuple[int, int] | None = None, style: str = "") -> str:
    """`at` is (list, level)."""
    numbered = f'<w:numPr><w:ilvl w:val="{at[1]}"/><w:numId w:val="{at[0]}"/></w:numPr>' if at else ""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{numbered}</w:pPr>{run(text)}</w:p>"


def level(depth: int, form: str, shown: str, inner: str = "") -> str:
    inner = f'<w:start w:val="1"/><w:numFmt w:val="{form}"/>{inner}<w:lvlText w:val="{shown}"/>'
    return f'<w:lvl w:ilvl="{depth}">{inner}</w:lvl>'


def numbered_style(identity: str) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{identity}"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
        "</w:style>"
    )


def abstract(identity: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{identity}">{"".join(levels)}</w:abstractNum>'


def concrete(identity: int, of: int, inner: str = "") -> str:
    return f'<w:num w:numId="{identity}"><w:abstractNumId w:val="{of}"/>{inner}</w:num>'


PLAN_LIST = abstract(
    1, level(0, "chineseCounting", "%1、"), level(1, "chineseCounting", "（%2）"), level(2, "decimal", "%3．")
) + concrete(1, 1)


class TestWordFiles:
    def lines(self, *paragraphs: str, **parts: str) -> list[str]:
        return read_docx(word_file(*paragraphs, **parts))[0].split("\n")

    def test_number_headings_as_word_prints_them(self) -> None:
        levels = (0, 1, 2, 2, 1, 2, 0, 1)
        found = self.lines(*(paragraph("题", at=(1, depth)) for depth in levels), numbering=PLAN_LIST)
        assert found == ["一、题", "（一）题", "1． 题", "2． 题", "（二）题", "1． 题", "二、题", "（一）题"]

    def test_numbers_run_on_where_the_list_says_so(self) -> None:
        running = abstract(
            1, level(0, "chineseCounting", "%1、"), level(1, "decimal", "%2.", '<w:lvlRestart w:val="0"/>')
        ) + concrete(1, 1)
        found = self.lines(*(paragraph("题", at=(1, depth)) for depth in (0, 1, 1, 0, 1)), numbering=running)
        assert found == ["一、题", "1. 题", "2. 题", "二、题", "3. 题"]

    def test_two_lists_of_one_kind_count_on_unless_one_starts_anew(self) -> None:
        start = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
        lists = abstract(1, level(0, "decimal", "%1.")) + concrete(1, 1) + concrete(2, 1) + concrete(3, 1, start)
        found = self.lines(*(paragraph("题", at=(number, 0)) for number in (1, 2, 3, 3)), numbering=lists)
        assert found == ["1. 题", "2. 题", "1. 题", "2. 题"]

    def test_styles_number_headings_too(self) -> None:
        lists = abstract(
            1,
            level(0, "chineseCounting", "%1、", '<w:pStyle w:val="H1"/>'),
            level(1, "decimal", "%1.%2", '<w:pStyle w:val="H2"/><w:isLgl/>'),
        ) + concrete(1, 1)
        styles = (
            numbered_style("H1")
            + numbered_style("H2")
            + '<w:style w:type="paragraph" w:styleId="H3"><w:basedOn w:val="H1"/></w:style>'
        )
        names = ("H1", "H2", "H2", "H3", "H2", "Body")
        found = self.lines(*(paragraph("题", style=name) for name in names), numbering=lists, styles=styles)
        assert found == ["一、题", "1.1 题", "1.2 题", "二、题", "2.1 题", "题"]

    def test_a_paragraph_may_refuse_the_number_of_its_style(self) -> None:
        style = numbered_style("H1")
        found = self.lines(
            paragraph("甲", style="H1"), paragraph("乙", style="H1", at=(0, 0)), paragraph("丙", style="H1"),
            numbering=PLAN_LIST, styles=style,
        )  # fmt: skip
        assert found == ["一、甲", "乙", "二、丙"]

    def test_empty_paragraphs_have_no_number(self) -> None:
        found = self.lines(*(paragraph(text, at=(1, 0)) for text in ("甲", "", "乙")), numbering=PLAN_LIST)
        assert found == ["一、甲", "二、乙"]

    @pytest.mark.parametrize(
        ("value", "name", "shown"),
        [
            (10, "chineseCounting", "十"),
            (21, "chineseCountingThousand", "二十一"),
            (110, "chineseCounting", "一百一十"),
            (105, "taiwaneseCounting", "一百零五"),
            (3, "chineseLegalSimplified", "叁"),
            (2, "ideographTraditional", "乙"),
            (5, "decimalEnclosedCircle", "⑤"),
            (3, "ideographEnclosedCircle", "㈢"),
            (12, "decimalFullWidth", "１２"),
            (28, "lowerLetter", "bb"),
            (14, "upperRoman", "XIV"),
            (7, "somethingNew", "7"),
        ],
    )
    def test_formats_of_numbers(self, value: int, name: str, shown: str) -> None:
        assert in_format(value, name) == shown

    def test_changes_are_accepted(self) -> None:
        deleted = "<w:del><w:r><w:delText>300</w:delText></w:r></w:del>"
        changed = f"<w:p>{run('达到')}{deleted}<w:ins>{run('500')}</w:ins>{run('个')}</w:p>"
        assert read_docx(word_file(changed))[::3] == ("达到500个", ["tracked_changes"])

    def test_a_deleted_paragraph_mark_joins(self) -> None:
        first = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('到2027年')}</w:p>"
        assert self.lines(first, paragraph("达到500个")) == ["到2027年达到500个"]

    def test_tables_boxes_notes_fields_and_hidden_text(self) -> None:
        table = (
            f"<w:tbl><w:tr><w:tc>{paragraph('指标')}</w:tc><w:tc>{paragraph('2027年')}</w:tc></w:tr>"
            f"<w:tr><w:tc>{paragraph('算力')}</w:tc><w:tc>{paragraph('5000')}{paragraph('PFLOPS')}</w:tc></w:tr></w:tbl>"
        )
        box = f"<w:p>{run('文')}<w:r><w:pict><w:txbxContent>{paragraph('专栏')}</w:txbxContent></w:pict></w:r></w:p>"
        note = f'<w:p>{run("算力券")}<w:r><w:footnoteReference w:id="2"/></w:r>{run("。")}</w:p>'
        field = (
            "<w:p><w:r><w:instrText>TOC</w:instrText></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r>"
            + run("末")
            + "</w:p>"
        )
        footnotes = f'<w:footnote w:id="2">{paragraph("一种补助。")}</w:footnote>'
        text, _, _, notes = read_docx(word_file(table, box, note, field, more={"word/footnotes.xml": footnotes}))
        assert text.split("\n") == [
            "指标\t2027年",
            "算力\t5000 PFLOPS",
            "文",
            "专栏",
            "算力券。",
            "末",
            "脚注",
            "[1] 一种补助。",
        ]
        assert notes == ["footnotes_moved", "hidden_text"]

    def test_of_python_docx_with_a_built_in_list_style(self) -> None:
        document = docx.Document()
        for text in ("甲", "乙"):
            document.add_paragraph(text, style="List Number")
        document.element.body.insert(
            0, parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent>{paragraph('题')}</w:sdtContent></w:sdt>")
        )
        file = io.BytesIO()
        document.save(file)
        extracted = extract(file.getvalue())
        assert (extracted.text, extracted.format, extracted.encoding) == ("题\n1. 甲\n2. 乙", "docx", None)

    def test_other_archives_and_broken_ones_are_refused(self) -> None:
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr("xl/workbook.xml", "<x/>")
        assert refusal(other.getvalue()) == "other_format"
        assert refusal(word_file(paragraph("甲"))[:200]) == "damaged"
        assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == "old_word"
        assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")) == "encrypted"


def drawn(*, text: str = "") -> bytes:
    file = io.BytesIO()
    page = canvas.Canvas(file)
    page.rect(100, 100, 200, 200, fill=1)
    if text:
        page.drawString(100, 700, text)
    page.showPage()
    page.save()
    return file.getvalue()


class TestPdfFiles:
    def test_of_pictures_are_refused_with_the_number_of_pages(self) -> None:
        with pytest.raises(ReadingRefused) as refused:
            extract(drawn())
        assert (refused.value.code, refused.value.facts) == ("scanned", {"pages": 1})

    @pytest.mark.parametrize(("password", "code"), [("secret", "encrypted"), ("", None)])
    def test_that_want_a_password_are_refused(self, password: str, code: str | None) -> None:
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(drawn(text="Plan 2027"))))
        writer.encrypt(password, owner_password="owner", algorithm="AES-256")
        file = io.BytesIO()
        writer.write(file)
        if code is None:
            assert extract(file.getvalue()).text == "Plan 2027"
        else:
            assert refusal(file.getvalue()) == code

    def test_in_english_are_read(self) -> None:
        assert extract(drawn(text="The plan of 2027 \u2022 reads \u201cwell\u201d")).text.startswith("The plan of 2027")

    def test_that_break_off_are_refused(self) -> None:
        assert refusal(drawn(text="x")[:300]) in ("damaged", "empty")


def test_every_note_is_told() -> None:
    assert all(text.endswith(".") for text in NOTES.values())
