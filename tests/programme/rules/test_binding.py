"""Which measure is proposed for which target, and how units meet."""

from decimal import Decimal

from qianhang.programme.rules.binding import Wanted, factor_between, suggest
from qianhang.wiring.measures import MEASURES

D = Decimal


def offers():
    from qianhang.programme.bindings import offered_by

    return [offered_by(one) for one in MEASURES]


def wanted(indicator: str, value: str, unit: str, canonical: str | None = None, base: str = "") -> Wanted:
    return Wanted(indicator, unit, D(value), None if canonical is None else D(canonical), base)


def best(target: Wanted) -> tuple[str, Decimal] | None:
    found = suggest(target, offers())
    return (found[0].code, found[0].factor) if found else None


def test_computing_power_is_fed_by_the_fleet_whatever_prefix_the_plan_uses():
    assert best(wanted("智能算力规模", "5000", "PFLOPS", "5e18", "FLOPS")) == ("compute.fleet_pflops", D(1))
    assert best(wanted("算力总规模", "5", "EFLOPS", "5e18", "FLOPS")) == ("compute.fleet_pflops", D("0.001"))
    assert best(wanted("国产算力规模", "100", "PFLOPS", "1e17", "FLOPS"))[0] == "compute.domestic_pflops"


def test_shares_pue_and_organisations_find_their_measures():
    assert best(wanted("算力利用率", "60", "%", "0.6", "ratio")) == ("compute.card_utilisation", D(1))
    assert best(wanted("数据中心PUE", "1.25", "")) == ("compute.pue", D(1))
    assert best(wanted("服务企业", "200", "户")) == ("compute.users_served", D(1))
    assert best(wanted("累计发放算力券", "1", "亿元", "1e8", "CNY")) == ("funding.voucher_value_issued", D("1e-8"))


def test_what_software_cannot_count_gets_no_suggestion():
    assert best(wanted("人工智能产业规模", "400", "亿元", "4e10", "CNY")) is None
    assert best(wanted("时延", "1", "ms", "0.001", "s")) is None


def test_units_of_another_kind_never_meet():
    fleet = next(one for one in offers() if one.code == "compute.fleet_pflops")
    served = next(one for one in offers() if one.code == "compute.users_served")
    assert factor_between(wanted("算力规模", "5", "个"), fleet) is None
    assert factor_between(wanted("服务企业", "2", "万家"), served) == D("0.0001")
    assert factor_between(wanted("算力规模", "0", "PFLOPS", "0", "FLOPS"), fleet) is None
