"""The word lists of the grammar of targets: data/targets.toml."""

import tomllib
from importlib.resources import files

TABLES = tomllib.loads(files("qianhang.programme.reading").joinpath("data/targets.toml").read_text("utf-8"))


def words_of(name: str) -> tuple[str, ...]:
    """One list, the longest word first, so that an alternation of it takes the longest."""
    return tuple(sorted(TABLES[name].split(), key=lambda word: (-len(word), word)))
