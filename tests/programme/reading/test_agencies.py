"""The register: one body for many names, and when each was its name."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianhang.programme.reading.agencies import Level, all_agencies, match_agency


@pytest.mark.parametrize(
    ("name", "code", "canonical", "level"),
    [
        ("国家发展改革委", "development-reform", "国家发展和改革委员会", Level.NATIONAL),
        ("科技部", "science-technology", "科学技术部", Level.NATIONAL),
        ("省发展改革委", "development-reform", "省发展和改革委员会", Level.PROVINCE),
        ("自治区工信厅", "industry-information", "自治区工业和信息化厅", Level.PROVINCE),
        ("云南省住建厅", "housing-construction", "云南省住房和城乡建设厅", Level.PROVINCE),
        ("市人社局", "human-resources", "市人力资源和社会保障局", Level.CITY),
        ("县市场监管局", "market-regulation", "县市场监督管理局", Level.COUNTY),
        ("市委网信办", "cyberspace", "市委网络安全和信息化委员会办公室", Level.CITY),
        ("市教委", "education", "市教育委员会", Level.CITY),
        ("省侨联", "overseas-chinese", "省归国华侨联合会", Level.PROVINCE),
        ("自治区党委网信办", "cyberspace", "自治区党委网络安全和信息化委员会办公室", Level.PROVINCE),
        ("各市（州）人民政府", "government", "各市(州)人民政府", Level.UNKNOWN),
        ("教育厅", "education", "教育厅", Level.UNKNOWN),
        ("人民银行海州市分行", "central-bank", "中国人民银行海州市分行", Level.NATIONAL),
    ],
)
def test_a_name_leads_to_its_body_whatever_its_form(name: str, code: str, canonical: str, level: Level) -> None:
    match = match_agency(name)
    assert match is not None
    assert (match.code, match.canonical, match.level, match.typo) == (code, canonical, level, False)


@pytest.mark.parametrize(
    ("name", "on", "valid", "successor"),
    [
        ("省农委", date(2017, 5, 1), True, "省农业农村厅"),
        ("省农委", date(2020, 5, 1), False, "省农业农村厅"),
        ("省卫生计生委", date(2019, 6, 1), False, "省卫生健康委员会"),
        ("省质监局", date(2016, 1, 1), True, "省市场监督管理局"),
        ("省质监局", date(2021, 1, 1), False, "省市场监督管理局"),
        ("省农业农村厅", date(2016, 1, 1), False, None),
        ("省农业农村厅", date(2022, 1, 1), True, None),
        ("省金融办", date(2019, 6, 1), False, "省地方金融监督管理局"),
        ("省科技厅", None, None, None),
    ],
)
def test_a_name_is_valid_only_in_its_time(
    name: str, on: date | None, valid: bool | None, successor: str | None
) -> None:
    match = match_agency(name, on=on)
    assert match is not None
    assert (match.valid, match.successor) == (valid, successor)


def test_where_regions_differ_the_region_decides() -> None:
    later = date(2022, 1, 1)
    answers = [match_agency("市经济信息化委", region, later) for region in ("上海市", "海州市", "")]
    assert [match.valid for match in answers if match is not None] == [True, False, None]


def test_the_department_of_a_municipality_is_a_province_s() -> None:
    match = match_agency("市教委", "重庆市")
    assert match is not None
    assert match.level is Level.PROVINCE


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("省工业和信息厅", "省工业和信息化厅"),
        ("市住房城建设局", "市住房和城乡建设局"),
        ("省人力资源社会保章厅", "省人力资源和社会保障厅"),
    ],
)
def test_a_name_a_letter_off_is_matched_and_marked(name: str, meant: str) -> None:
    match = match_agency(name)
    assert match is not None
    assert match.typo
    assert match.canonical == meant
    assert match.confidence < 0.9


@pytest.mark.parametrize("name", ["", "省", "海州大学", "某某集团", "有关部门", "人工智能创新中心"])
def test_what_is_no_agency_is_not_matched(name: str) -> None:
    assert match_agency(name) is None


def test_the_register_names_every_successor_and_no_name_twice() -> None:
    agencies = all_agencies()
    codes = {agency.code for agency in agencies}
    assert {agency.successor for agency in agencies} - {None} <= codes
    names = [name for agency in agencies for name in (*agency.central, *agency.local)]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    for agency in agencies:
        assert agency.since is None or agency.until is None or agency.since < agency.until
        for name in agency.local:
            match = match_agency("省" + name)
            assert match is not None
            assert (match.code, match.typo) == (agency.code, False)


@given(st.text(max_size=60))
def test_any_string_is_answered(name: str) -> None:
    assert match_agency(name) == match_agency(name)
