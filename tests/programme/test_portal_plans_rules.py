"""Cutting a document at its findings, finding quoted words, and telling two wordings apart."""

from html.parser import HTMLParser
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from qianhang.programme.portal.review_text import marked_text
from qianhang.programme.rules.highlights import Span, pieces
from qianhang.programme.rules.quoting import find_quote
from qianhang.programme.rules.wording_diff import Found, diff_findings, diff_lines

LETTERS = st.sampled_from("甲乙丙12 \n\r<&>\"'😀")
TEXTS = st.text(LETTERS, max_size=60)
SPANS = st.lists(
    st.builds(Span, st.integers(-3, 70), st.integers(-3, 70), st.integers(1, 9), st.sampled_from(["task", "target"])),
    max_size=12,
)


@given(TEXTS, SPANS)
def test_the_pieces_are_the_text_and_each_span_covers_exactly_its_characters(text, spans):
    found = list(pieces(text, spans))
    assert "".join(piece.text for piece in found) == text
    at = 0
    covered: dict[Span, list[tuple[int, int]]] = {}
    for piece in found:
        assert piece.text.count("\n") - piece.text.endswith("\n") == 0
        for span in piece.spans:
            covered.setdefault(span, []).append((at, at + len(piece.text)))
        assert set(piece.begins) <= set(piece.spans)
        at += len(piece.text)
    kept = {span for span in spans if 0 <= span.start < span.end <= len(text)}
    assert set(covered) == kept
    for span, parts in covered.items():
        assert parts[0][0] == span.start
        assert parts[-1][1] == span.end
        assert all(one[1] == other[0] for one, other in pairwise(parts))


def test_a_span_given_twice_is_marked_once():
    (piece,) = pieces("甲", [Span(0, 1, 1), Span(0, 1, 1)])
    assert piece.spans == piece.begins == (Span(0, 1, 1),)


@given(TEXTS, SPANS)
def test_the_marked_text_holds_the_very_document_and_nothing_of_it_as_markup(text, spans):
    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__(convert_charrefs=True)
            self.said, self.tags = "", set()

        def handle_data(self, data: str) -> None:
            self.said += data

        def handle_starttag(self, tag, attrs) -> None:
            self.tags.add(tag)

    reader = Reader()
    reader.feed(str(marked_text(text, spans)))
    reader.close()
    assert reader.said == text
    assert reader.tags <= {"span", "mark", "a"}


def test_overlapping_findings_are_nested_marks_with_their_numbers_before_them():
    html = marked_text("建设算力平台", [Span(0, 6, 1, "task"), Span(2, 6, 2, "system")])
    assert html == (
        '<span class="doc-line"><a class="doc-number k-task" id="q1" href="#f1" aria-label="1"></a>'
        '<mark class="k-task" data-f="1">建设</mark>'
        '<a class="doc-number k-system" id="q2" href="#f2" aria-label="2"></a>'
        '<mark class="k-task" data-f="1"><mark class="k-system" data-f="2">算力平台</mark></mark></span>'
    )


def test_quoted_words_are_found_across_line_ends_and_nearest_to_where_they_were_selected():
    text = "算力平台。\n建设算力\n平台，算力平台"
    assert find_quote(text, "算力 平台") == (0, 4)
    assert find_quote(text, "建设 算力平台") is None
    assert find_quote(text, "建设算力 平台") == (6, 7)
    assert find_quote(text, "算力平台", near=13) == (14, 4)
    assert find_quote(text, "  ") is None


@given(st.text(LETTERS, max_size=40), st.text(LETTERS, max_size=40), st.text(LETTERS, min_size=1, max_size=10))
def test_what_stands_in_the_text_is_always_found_as_it_stands(before, after, words):
    found = find_quote(before + words + after, words, near=len(before))
    if words.strip():
        offset, length = found
        assert "".join((before + words + after)[offset : offset + length].split()) == "".join(words.split())
    else:
        assert found is None


def found(kind: str, key: str, **content: object) -> Found:
    return Found(kind, key, content)


def test_a_target_with_another_number_is_changed_and_not_one_gone_and_one_new():
    before = [found("target", "a", indicator="智能算力规模", value="5000"), found("system", "s", name="语料库")]
    after = [found("target", "b", indicator="智能算力规模", value="8000"), found("system", "t", name="应急指挥平台")]
    diff = diff_findings(before, after)
    assert [(one.before.key, one.after.key, one.fields) for one in diff.changed] == [("a", "b", ("value",))]
    assert ([one.key for one in diff.added], [one.key for one in diff.removed], diff.same) == (["t"], ["s"], 0)


def test_the_owners_of_one_task_stay_the_owners_of_that_task():
    before = [found("responsibility", "a", task="二/1", lead=["省科技厅"], cooperating=[], responsible=[])]
    after = [found("responsibility", "b", task="二/1", lead=["省数据局"], cooperating=[], responsible=[])]
    (changed,) = diff_findings(before, after).changed
    assert changed.fields == ("lead",)


def test_a_changed_line_shows_the_number_as_a_whole_and_leaves_the_rest():
    lines = diff_lines("甲\n乙\n丙\n规模突破5000个。\n丁", "甲\n乙\n丙\n规模突破8000个。\n丁")
    assert [(line.sign, line.skipped) for line in lines] == [("same", 2), ("same", 0), ("changed", 0), ("same", 0)]
    assert [(one.text, one.sign) for one in lines[2].stretches] == [
        ("规模突破", "same"), ("5000", "gone"), ("8000", "new"), ("个。", "same"),
    ]  # fmt: skip


LINES = st.lists(st.text(st.sampled_from("甲乙丙12"), min_size=1, max_size=6), max_size=8)


@given(LINES, LINES)
def test_both_wordings_can_be_read_back_from_their_difference(old, new):
    assume(old != new)
    lines = diff_lines("\n".join(old), "\n".join(new), around=100)

    def side(signs: set[str]) -> list[str]:
        joined = ("".join(one.text for one in line.stretches if one.sign in signs) for line in lines)
        return [text for text in joined if text]

    assert side({"same", "gone"}) == old
    assert side({"same", "new"}) == new


def test_texts_too_long_to_compare_by_lines_are_not():
    assert diff_lines("甲\n" * 5000, "乙") is None
