"""What holds for any text: reading never raises, quotes are exact, twice gives the same; and the gold is met."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.programme.reading.findings import Quote, Reading
from qianhang.programme.reading.read import as_json, read_plan

from .samples import real_folder

WORDS = (
    *(
        "一、",
        "(一)",
        "1.",
        "第一步,",
        "——产业规模。",
        "“人工智能+农业”",
        "到2027年,",
        "2025年",
        "力争",
        "目前",
        "已",
        "给予",
        "最高",
    ),
    *(
        "达到",
        "突破",
        "不少于",
        "以上",
        "左右",
        "由",
        "从",
        "提高到",
        "分别",
        "年均增长",
        "翻一番",
        "每年",
        "每万人",
        "进入全国前",
    ),
    *(
        "5000",
        "2-3",
        "1.25",
        "九成",
        "三分之一",
        "个",
        "家",
        "亿元",
        "PFLOPS",
        "%",
        "亿",
        "万",
        "G",
        "打造",
        "培育",
        "形成",
    ),
    *("数据集", "算力规模", "规模", "企业", "对", "的", "和", "、", ",", "。", ";", ":", "(其中", ")"),
    *("\n", "\n2025年\t2027年\t指标", "\nA\t3\t5"),
)
PLANS = st.lists(st.sampled_from(WORDS), max_size=60).map("".join)


def quotes_of(reading: Reading) -> list[Quote]:
    return [
        *(quote for target in reading.targets for quote in target.quotes),
        *(milestone.quote for milestone in reading.milestones),
        *(task.quote for task in reading.tasks),
    ]


@given(st.one_of(PLANS, st.text(max_size=300)))
def test_any_text_is_read_and_its_quotes_are_the_originals_own(text: str) -> None:
    reading = read_plan(text)
    assert reading.original == text
    for quote in quotes_of(reading):
        assert text[quote.offset : quote.offset + len(quote.text)] == quote.text
    json.dumps(as_json(reading))


@given(PLANS)
def test_reading_twice_gives_the_same(text: str) -> None:
    assert read_plan(text) == read_plan(text)


FOLDER = real_folder()
GOLD = sorted(path.name.removesuffix(".gold.json") for path in FOLDER.glob("*.gold.json")) if FOLDER else []


@pytest.mark.skipif(not GOLD, reason="PLANS_FOLDER names no folder of plans with gold, and there is none beside")
@pytest.mark.parametrize("kind", ["targets", "tasks", "owners"])
@pytest.mark.parametrize("name", GOLD or [""])
def test_a_real_plan_is_read_without_a_miss_or_an_extra(name: str, kind: str) -> None:
    assert FOLDER is not None
    benchmark = _benchmark()
    gold = json.loads((FOLDER / f"{name}.gold.json").read_text("utf-8"))
    found = as_json(read_plan((FOLDER / f"{name}.txt").read_bytes().decode("utf-8")))
    scored = next(one for one in benchmark.KINDS if one.name == kind)
    result = benchmark.score(scored, found[scored.rows], gold[scored.rows])
    assert (result.misses, result.extras) == ([], [])


def _benchmark() -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / "plan_reading.py"
    spec = importlib.util.spec_from_file_location("plan_reading", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plan_reading"] = module
    spec.loader.exec_module(module)
    return module


def test_quotes_do_not_grow_with_the_square_of_a_text_that_repeats_itself() -> None:
    text = "某市行动方案\n一、工作\n" + "推进工作(省发展改革委牵头)\n" * 300
    reading = read_plan(text)
    assert len(reading.responsibilities) == 300
    assert max(len(one.quotes) for one in reading.responsibilities) == 21
    assert [one.quotes[0].offset for one in reading.responsibilities] == sorted(
        {one.quotes[0].offset for one in reading.responsibilities}
    )
