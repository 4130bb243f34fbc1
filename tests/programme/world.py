"""A small plan with one finding of each kind and more, as the reading gives it, and the people around it."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from qianhang.core.access import Actor, ActorKind, OrganisationKind, Role
from qianhang.core.clock import now
from qianhang.core.people.identity import actor_of_person
from qianhang.core.people.models import Membership, Organisation, OrganisationState, User
from qianhang.programme.models import Plan, PlanDocument
from qianhang.programme.reading.findings import (
    Canonical,
    Comparator,
    DeadlineSource,
    Meta,
    Milestone,
    Quote,
    Reading,
    Responsibility,
    System,
    Target,
    Task,
)
from qianhang.programme.taking import Changes, ReadDocument, open_plan, take_document

TEXT = """某省人工智能行动方案
一、总体目标
到2027年底，智能算力规模突破5000PFLOPS，数据中心PUE低于1.25，服务企业达到200家。
二、重点任务
（一）建设算力平台
建设省算力统筹调度公共服务平台。（省数据局牵头，省财政厅配合）
1.接入存量算力
力争产业规模突破400亿元。
"""


def quote(text: str) -> Quote:
    return Quote(text, TEXT.index(text))


def target(indicator: str, comparator: Comparator, value: str, unit: str, words: str, **more: object) -> Target:
    fields: dict = {
        "comparator_raw": ["突破"],
        "value_max": None,
        "canonical": None,
        "deadline": date(2027, 12, 31),
        "deadline_source": DeadlineSource.LOCAL,
        "period": None,
        "aim": False,
        "section": "一",
        "quotes": [quote(words)],
        "rule": "test",
        "confidence": 0.9,
    }
    return Target(indicator=indicator, comparator=comparator, value=Decimal(value), unit=unit, **(fields | more))


def task(path: str, number: str, title: str, parent: str | None, words: str) -> Task:
    return Task(path, number, title, parent, "numbered", "", quote(words), "test", 1.0)


PFLOPS = target(
    "智能算力规模", Comparator.GT, "5000", "PFLOPS", "智能算力规模突破5000PFLOPS",
    canonical=Canonical(Decimal(5 * 10**18), "FLOPS"),
)  # fmt: skip
PUE = target("数据中心PUE", Comparator.LT, "1.25", "", "数据中心PUE低于1.25")
USERS = target("服务企业", Comparator.EQ, "200", "家", "服务企业达到200家")
REVENUE = target(
    "产业规模", Comparator.GT, "400", "亿元", "力争产业规模突破400亿元", aim=True, section="二/（一）/1",
    canonical=Canonical(Decimal(4 * 10**10), "CNY"),
)  # fmt: skip

READING = Reading(
    original=TEXT,
    meta=Meta(
        title="某省人工智能行动方案", title_inferred=None, issuer="某省人民政府", doc_number="某政发〔2026〕1号",
        date=date(2026, 1, 5), region="某省", level="province", doc_type="行动方案", script="hans",
        addressees=None, cites=[],
    ),
    targets=[PFLOPS, PUE, USERS, REVENUE],
    milestones=[Milestone(date(2027, 12, 31), "coverage", quote("接入存量算力"), "test", 0.8)],
    tasks=[
        task("一", "一", "总体目标", None, "一、总体目标"),
        task("二", "二", "重点任务", None, "二、重点任务"),
        task("二/（一）", "（一）", "建设算力平台", "二", "（一）建设算力平台"),
        task("二/（一）/1", "1", "接入存量算力", "二/（一）", "1.接入存量算力"),
    ],
    responsibilities=[
        Responsibility(
            "二/（一）", "牵头+配合", ["省数据局"], ["省财政厅"], [], False, None,
            [quote("省数据局牵头，省财政厅配合")], "test", 1.0,
        )
    ],
    systems=[
        System(
            "省算力统筹调度公共服务平台", "platform", "compute", "build", True, "compute",
            quote("省算力统筹调度公共服务平台"), "test", 0.9,
        )
    ],
    version="test-1",
)  # fmt: skip


def document(reading: Reading = READING, *, sha256: str = "a" * 64) -> ReadDocument:
    return ReadDocument("plan.txt", "txt", "utf-8", sha256, len(TEXT.encode()), "plans/test", [], reading)


def changed(**fields: object) -> Reading:
    """The reading with other findings."""
    return replace(READING, **fields)  # type: ignore[arg-type]


def person(organisation: Organisation, role: str = Role.OWNER) -> Actor:
    """A member, the same one each time."""
    email = f"{role}@{organisation.id}.test"
    user, is_new = User.objects.get_or_create(email=email, defaults={"name": f"{role} of {organisation.name}"})
    if is_new:
        Membership.objects.create(user=user, organisation=organisation, role=role)
    actor = actor_of_person(user, confirmed_at=now())
    assert actor.kind is ActorKind.PERSON
    return actor


def organisation(kind: str, name: str) -> Organisation:
    return Organisation.objects.create(kind=kind, name=name, state=OrganisationState.ACTIVE)


@dataclass(frozen=True)
class World:
    office: Organisation
    data: Organisation
    finance: Organisation
    firm: Organisation

    @property
    def official(self) -> Actor:
        return person(self.office)

    @property
    def second_official(self) -> Actor:
        return person(self.office, Role.ADMIN)

    @property
    def department(self) -> Actor:
        return person(self.data)

    @property
    def stranger(self) -> Actor:
        return person(self.firm)

    def plan(self, reading: Reading = READING) -> tuple[Plan, PlanDocument, Changes]:
        read = document(reading)
        plan = open_plan(self.office, read, is_demo=False)
        return plan, *take_document(self.official, plan, read)


def build() -> World:
    return World(
        office=organisation(OrganisationKind.PROGRAMME_OFFICE, "某省人工智能专班"),
        data=organisation(OrganisationKind.DEPARTMENT, "省数据局"),
        finance=organisation(OrganisationKind.DEPARTMENT, "省财政厅"),
        firm=organisation(OrganisationKind.ENTERPRISE, "某企业"),
    )
