"""The facts of the demo region: invented organisations in real places. Every figure here is a demo value."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from math import asin, cos, radians, sin, sqrt

from stdnum.cn import uscc

from qianhang.core.access import OrganisationKind, Role

YUAN = 1_000_000


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    """`code_stem` is a credit code without its check character. Its region 229900 does not exist, so that the code
    is valid in form and nobody's."""

    key: str
    kind: str
    name: str
    name_en: str
    code_stem: str
    registered_in: str
    size_class: str = ""

    @property
    def credit_code(self) -> str:
        return self.code_stem + uscc.calc_check_digit(self.code_stem)


OFFICE = DemoOrganisation(
    "office",
    OrganisationKind.PROGRAMME_OFFICE,
    "长白人工智能推进办公室（演示）",
    "Changbai AI Programme Office (demo)",
    "11229900MADEM0001",
    "长春市",
)
CENTRE = DemoOrganisation(
    "centre",
    OrganisationKind.SUPPLIER,
    "松江智算运营中心（演示）",
    "Songjiang Compute Centre (demo)",
    "91229900MADEM0002",
    "长春市",
    "medium",
)
CLOUD = DemoOrganisation(
    "cloud",
    OrganisationKind.SUPPLIER,
    "天池云计算有限公司（演示）",
    "Tianchi Cloud Ltd (demo)",
    "91229900MADEM0003",
    "白山市",
    "large",
)
FIRM = DemoOrganisation(
    "firm",
    OrganisationKind.ENTERPRISE,
    "青禾视觉科技有限公司（演示）",
    "Qinghe Vision Ltd (demo)",
    "91229900MADEM0004",
    "长春市",
    "small",
)
UNIVERSITY = DemoOrganisation(
    "university",
    OrganisationKind.UNIVERSITY,
    "北苑理工大学（演示）",
    "Beiyuan University of Technology (demo)",
    "12229900MADEM0005",
    "吉林市",
)
# Named as the plan of the demo names it, so that its tasks are this organisation's (examples/plan.txt).
DEPARTMENT = DemoOrganisation(
    "department",
    OrganisationKind.DEPARTMENT,
    "长白地区数据局（演示）",
    "Changbai Data Bureau (demo)",
    "11229900MADEM0006",
    "长春市",
)
ORGANISATIONS = (OFFICE, CENTRE, CLOUD, FIRM, UNIVERSITY, DEPARTMENT)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    email: str
    name: str
    organisation: DemoOrganisation
    role: str


DEVELOPER = DemoPerson("developer@qianhang.example", "苏禾", FIRM, Role.DEVELOPER)
PEOPLE = (
    DEVELOPER,
    DemoPerson("owner@qianhang.example", "陈青", FIRM, Role.OWNER),
    DemoPerson("office@qianhang.example", "林溪", OFFICE, Role.OWNER),
    DemoPerson("supplier@qianhang.example", "周松", CENTRE, Role.OWNER),
    DemoPerson("cloud@qianhang.example", "郑池", CLOUD, Role.OWNER),
    DemoPerson("university@qianhang.example", "何苑", UNIVERSITY, Role.OWNER),
    DemoPerson("department@qianhang.example", "吴白", DEPARTMENT, Role.OWNER),
)


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A real city; degrees WGS 84 of its centre."""

    code: str
    name: str
    name_en: str
    latitude: Decimal
    longitude: Decimal


PLACES = (
    DemoPlace("changchun", "长春", "Changchun", Decimal("43.81710"), Decimal("125.32350")),
    DemoPlace("jilin-city", "吉林市", "Jilin City", Decimal("43.83780"), Decimal("126.54960")),
    DemoPlace("siping", "四平", "Siping", Decimal("43.16640"), Decimal("124.35040")),
    DemoPlace("liaoyuan", "辽源", "Liaoyuan", Decimal("42.88800"), Decimal("125.14360")),
    DemoPlace("tonghua", "通化", "Tonghua", Decimal("41.72850"), Decimal("125.93990")),
    DemoPlace("baishan", "白山", "Baishan", Decimal("41.93940"), Decimal("126.42390")),
    DemoPlace("songyuan", "松原", "Songyuan", Decimal("45.14100"), Decimal("124.82540")),
    DemoPlace("baicheng", "白城", "Baicheng", Decimal("45.61960"), Decimal("122.84070")),
    DemoPlace("yanbian", "延边", "Yanbian", Decimal("42.90480"), Decimal("129.51330")),
)

LINK_SOURCE = "Stated for the demo from the distance (1 ms + 15 µs per km); not measured"
EARTH_KM = 6371


def links() -> Sequence[tuple[str, str, int]]:
    """Every pair of places with a stated round-trip time in microseconds.

    Light in fibre needs about 10 µs per km for both ways; half as much again for the detours that cables make, and a
    millisecond for the equipment.
    """
    return [
        (one.code, other.code, 1_000 + 15 * round(distance_km(one, other))) for one, other in combinations(PLACES, 2)
    ]


def distance_km(one: DemoPlace, other: DemoPlace) -> float:
    """Great-circle distance (haversine)."""
    north, east = radians(one.latitude), radians(one.longitude)
    north2, east2 = radians(other.latitude), radians(other.longitude)
    half = sin((north2 - north) / 2) ** 2 + cos(north) * cos(north2) * sin((east2 - east) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


LOCAL_SLUG = "local"
# One fen for a CPU-second: far above any market, so that an example of ten seconds shows on its receipt.
LOCAL_CPU_HOUR = 36 * YUAN
LOCAL_CARD_HOUR = 72 * YUAN
PLANNED_CPU_HOUR = 120_000


@dataclass(frozen=True, slots=True)
class PlannedCluster:
    """A cluster that was announced in this invented region and is not built."""

    slug: str
    name: str
    name_en: str
    region: str
    card_vendor: str
    card_model: str
    nodes: int
    card_hour: int
    pue: Decimal
    green_share: Decimal

    def pools(self) -> list[dict[str, object]]:
        """One pool of eight-card nodes."""
        return [
            {
                "name": "cards",
                "nodes": self.nodes,
                "cpus_per_node": 192,
                "memory_mib_per_node": 1_572_864,
                "cards_per_node": 8,
                "card_vendor": self.card_vendor,
                "card_model": self.card_model,
            }
        ]


PLANNED = (
    PlannedCluster(
        "baishan-ascend",
        "白山昇腾集群（规划）",
        "Baishan Ascend cluster (planned)",
        "baishan",
        "Huawei",
        "Ascend 910B",
        64,
        6_800_000,
        Decimal("1.150"),
        Decimal("0.820"),
    ),
    PlannedCluster(
        "changchun-h20",
        "长春 H20 集群（规划）",
        "Changchun H20 cluster (planned)",
        "changchun",
        "NVIDIA",
        "H20 96GB",
        32,
        9_500_000,
        Decimal("1.250"),
        Decimal("0.450"),
    ),
    PlannedCluster(
        "baicheng-k100",
        "白城 K100-AI 集群（规划）",
        "Baicheng K100-AI cluster (planned)",
        "baicheng",
        "Hygon",
        "K100-AI",
        48,
        4_200_000,
        Decimal("1.120"),
        Decimal("0.910"),
    ),
)
