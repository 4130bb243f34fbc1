"""The glossary's one source is data/glossary.yaml; the help page and docs/glossary.md are both made from it.

python -m qianhang.portal.glossary > docs/glossary.md
"""

import functools
import sys
from dataclasses import dataclass
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Term:
    key: str
    en: str
    zh: str
    meaning_en: str
    meaning_zh: str


@functools.cache
def load() -> tuple[Term, ...]:
    """The terms in the order of the file: the order in which a newcomer meets them."""
    text = resources.files("qianhang.portal").joinpath("data/glossary.yaml").read_text("utf-8")
    return tuple(Term(key=key, **fields) for key, fields in yaml.safe_load(text).items())


def as_markdown() -> str:
    """docs/glossary.md, whole."""
    rows = [f"| {t.en} | {t.zh} | {t.meaning_en} | {t.meaning_zh} |" for t in load()]
    return "\n".join(
        [
            "# Glossary · 术语表",
            "",
            "<!-- Made from src/qianhang/portal/data/glossary.yaml by `python -m qianhang.portal.glossary`. -->",
            "",
            "| English | 中文 | Meaning | 含义 |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
