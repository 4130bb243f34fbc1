"""The words are complete: translations, glossary, and components that the style guide shows."""

import re
from pathlib import Path

from qianhang.portal import glossary
from qianhang.wiring import messages

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "src/qianhang/portal/templates"


def test_every_message_is_translated_and_none_is_left_over() -> None:
    assert messages.problems() == []


def test_a_message_is_found_whatever_the_file_calls_gettext(tmp_path, monkeypatch) -> None:
    room = tmp_path / "room"
    (room / "templates").mkdir(parents=True)
    (room / "a.py").write_text(
        "from django.utils.translation import gettext_lazy as later, ngettext\n"
        "x = later('One')\ny = ngettext('{n} job', '{n} jobs', 2)\nz = other('Not this')\n"
    )
    (room / "templates/b.html").write_text(
        """<c-card title="{% translate 'Two' %}">{% blocktranslate %}Three {{ x }}{% endblocktranslate %}"""
        """{% firstof a _("Four") %}{% translate "Five" context "place" %}</c-card>"""
    )
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    found = [(one.id, one.context) for one in messages.messages_in("room")]
    assert found == [
        ("One", None),
        (("{n} job", "{n} jobs"), None),
        ("Two", None),
        ("Three %(x)s", None),
        ("Four", None),
        ("Five", "place"),
    ]


def test_a_lost_placeholder_a_fuzzy_and_a_missing_translation_are_problems(tmp_path, monkeypatch) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room/a.py").write_text(
        "from django.utils.translation import gettext as _\n_('Owes {amount}')\n_('Fuzzy')\n_('Missing')\n"
    )
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    monkeypatch.setattr(messages, "ROOMS", ("room",))
    messages.extract()
    path = messages.path_of("room")
    text = path.read_text("utf-8")
    text = text.replace('msgid "Owes {amount}"\nmsgstr ""', 'msgid "Owes {amount}"\nmsgstr "欠款"')
    text = text.replace('msgid "Fuzzy"\nmsgstr ""', '#, fuzzy\nmsgid "Fuzzy"\nmsgstr "模糊"')
    path.write_text(text + '\nmsgid "Gone"\nmsgstr "没了"\n', "utf-8")
    assert messages.problems() == [
        "room: placeholders differ: 'Owes {amount}' has ['{amount}'], its translation []",
        "room: fuzzy: 'Fuzzy'",
        "room: not translated: 'Missing' (room/a.py)",
        "room: no longer in the code: 'Gone'",
    ]


def test_extracting_again_changes_nothing(tmp_path, monkeypatch) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room/a.py").write_text("from django.utils.translation import gettext as _\n_('One')\n")
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    monkeypatch.setattr(messages, "ROOMS", ("room",))
    messages.extract()
    first = messages.path_of("room").read_text("utf-8")
    messages.extract()
    assert messages.path_of("room").read_text("utf-8") == first


def test_a_compiled_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path, monkeypatch) -> None:
    """Whoever has the old one open reads the old one to its end."""
    (tmp_path / "room").mkdir()
    (tmp_path / "room/a.py").write_text("from django.utils.translation import gettext as _\n_('One')\n")
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    monkeypatch.setattr(messages, "ROOMS", ("room",))
    messages.extract()
    monkeypatch.setattr(messages, "BORROWED_ENGLISH", messages.path_of("room"))
    compiled = messages.path_of("room").with_suffix(".mo")
    compiled.write_bytes(b"old")
    with compiled.open("rb") as reader:
        messages.compile_all()
        assert reader.read() == b"old"
    assert compiled.read_bytes()[:4] == bytes.fromhex("de120495")
    assert sorted(path.name for path in compiled.parent.iterdir()) == ["django.mo", "django.po"]


def test_the_glossary_document_says_what_the_page_says() -> None:
    assert (ROOT / "docs/glossary.md").read_text("utf-8") == glossary.as_markdown()


def test_no_term_is_explained_twice_or_left_empty() -> None:
    terms = glossary.load()
    assert len({term.en for term in terms}) == len({term.zh for term in terms}) == len(terms)
    for term in terms:
        assert all((term.en, term.zh, term.meaning_en, term.meaning_zh)), term.key


def test_the_style_guide_shows_every_component() -> None:
    """Directly, or inside a component or the frame that it shows."""
    components = {path.stem.replace("_", "-") for path in (TEMPLATES / "cotton").glob("*.html")}
    frame = [TEMPLATES / f"portal/{name}.html" for name in ("styleguide", "base", "topbar", "messages")]
    shown = set()
    for path in [*frame, *(TEMPLATES / "cotton").glob("*.html")]:
        shown |= set(re.findall(r"<c-([a-z-]+)", path.read_text("utf-8")))
    assert components - shown == set()


def test_styles_use_tokens_for_every_colour() -> None:
    """Outside the tokens (and the log, which is dark in both themes) no colour is written down."""
    css = (ROOT / "src/qianhang/portal/static/portal/qianhang.css").read_text("utf-8")
    after = css.split("@layer base", 1)[1]
    offending = [
        line.strip()
        for line in after.splitlines()
        if re.search(r"#[0-9a-f]{3,8}\b", line) and not line.lstrip().startswith((".log", "--paper", ":root"))
    ]
    assert [line for line in offending if "backdrop" not in line] == []
