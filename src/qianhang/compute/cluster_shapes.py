"""What compute answers about clusters and cards: frozen and plain, like shapes.py. Prices in micro-yuan an hour."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AcceleratorView:
    id: uuid.UUID
    vendor: str
    model: str
    stack: str
    domestic: bool
    memory_gib: int | None
    fp16_dense_gflops: int | None
    measured_gflops: int | None
    power_w: int | None
    evidence: str
    note: str


@dataclass(frozen=True, slots=True)
class PoolView:
    id: uuid.UUID
    name: str
    nodes: int
    cpus_per_node: int
    memory_mib_per_node: int
    cards_per_node: int
    card: str
    cards: int
    cpus: int
    memory_mib: int
    cards_free: int
    cpus_free: int
    memory_mib_free: int
    card_hour_micro: int | None
    cpu_hour_micro: int | None


@dataclass(frozen=True, slots=True)
class ClusterView:
    """`planned` clusters are announced, not built: they have capacity on paper and never run a job."""

    id: uuid.UUID
    slug: str
    name: str
    name_en: str
    supplier_id: uuid.UUID
    supplier_name: str
    connector: str
    state: str
    state_label: str
    planned: bool
    region: str
    region_name: str
    isolation: str
    heartbeat_at: datetime | None
    pue_milli: int | None
    green_milli: int | None
    grid_g_per_kwh: int | None
    is_demo: bool
    pools: tuple[PoolView, ...] = field(default=())
