"""What `quote_job` and `submit_job` do alike: read the spec, check what it names, rank the clusters, find the price."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import FieldProblem, Forbidden, NotFound
from qianhang.funding import queries as funding
from qianhang.funding.shapes import UsableVoucher

from . import fleet
from .errors import NoClusterFits
from .explanations import reason_sentence, spec_refused
from .models import Upload
from .placement_record import ranking_record
from .rules.job_spec import AUTO_VOUCHER, NO_VOUCHER, JobSpec, Near, Reading, read_job_spec
from .rules.offers import VoucherTerms, own_part
from .rules.placement import BALANCED, Ranked, Ranking, rank_clusters
from .rules.spec_problems import SpecInvalid, SpecProblem

ARCHIVES = frozenset({"application/gzip", "application/zip"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that could be submitted as it stands. Amounts in micro-yuan."""

    organisation_id: uuid.UUID
    spec: JobSpec
    secrets: Mapping[str, str]
    ranking: Ranking
    voucher: UsableVoucher | None
    voucher_choice: str
    """Why that voucher, or none: named, auto, no_voucher, none_usable."""

    @property
    def best(self) -> Ranked:
        return (*self.ranking.best_first, *self.ranking.later)[0]

    @property
    def hold_micro(self) -> int:
        """The most the job may cost. With a budget, the dearest fitting cluster within it, so that any of them may
        take the job; without one, what the best cluster costs, so that nothing dearer than the quote is taken."""
        if self.spec.budget_micro is None:
            return self.best.cost_micro
        return max(entry.cost_micro for entry in (*self.ranking.best_first, *self.ranking.later))

    def record(self) -> dict[str, Any]:
        """The quote as the job keeps it; the voucher's terms are in it because placement ranks with them again."""
        return ranking_record(self.ranking) | self.voucher_record()

    def voucher_record(self) -> dict[str, Any]:
        if self.voucher is None:
            return {"voucher_choice": self.voucher_choice}
        facts = {
            "number": self.voucher.number,
            "share_ppm": self.voucher.share_ppm,
            "available_micro": self.voucher.available_micro,
        }
        return {"voucher": facts, "voucher_choice": self.voucher_choice}


def prepare(*, actor: Actor, document: object) -> Prepared:
    """Checks everything that can be said before money is touched. Writes nothing.

    `document` is a job spec as read from JSON, or an already checked Reading.

    Raises: Unauthenticated, Forbidden, JobSpecRefused, NoClusterFits, VoucherUnusable, NotFound (the voucher).
    """
    authorize(actor, Permission.JOB_SUBMIT)
    if actor.organisation_id is None:
        raise Forbidden(permission=Permission.JOB_SUBMIT.label)
    try:
        reading = document if isinstance(document, Reading) else read_job_spec(document)
        spec = _with_known_regions(reading.spec)
        _check_uploads(actor, spec)
    except SpecInvalid as invalid:
        raise spec_refused(invalid) from invalid
    voucher, choice = _voucher(actor, actor.organisation_id, spec)
    ranking = rank_clusters(
        spec, fleet.offers_for_quote(), BALANCED, limit_micro=spec.budget_micro, voucher=terms_of(voucher)
    )
    if not ranking.best_first and not ranking.later:
        raise no_cluster_fits(ranking)
    return Prepared(
        organisation_id=actor.organisation_id,
        spec=spec,
        secrets=reading.secrets,
        ranking=ranking,
        voucher=voucher,
        voucher_choice=choice,
    )


def no_cluster_fits(ranking: Ranking) -> NoClusterFits:
    return NoClusterFits(
        problems=[
            FieldProblem(
                path=rejected.slug,
                message=" ".join(reason_sentence(reason.code, reason.facts) for reason in rejected.reasons),
                code=rejected.reasons[0].code,
            )
            for rejected in ranking.rejected
        ]
    )


def _with_known_regions(spec: JobSpec) -> JobSpec:
    """Region names in any spelling become codes. Raises SpecInvalid for an unknown one."""
    if spec.near is None and not spec.data_location:
        return spec
    known = fleet.snapshot()
    problems: list[SpecProblem] = []

    def code_of(text: str, path: str) -> str:
        code = known.region_code(text)
        if code is None:
            listed = sorted(set(known.regions.values()))[:20]
            problems.append(SpecProblem(path, "region_unknown", {"value": text, "known": ", ".join(listed)}))
        return code or text

    near = spec.near and Near(code_of(spec.near.region, "near.region"), spec.near.max_latency_us)
    locations = tuple(sorted({code_of(text, "data_location") for text in spec.data_location}))
    if problems:
        raise SpecInvalid(problems)
    return replace(spec, near=near, data_location=locations)


def _check_uploads(actor: Actor, spec: JobSpec) -> None:
    """Every upload that the spec names exists and is the organisation's; the source is an archive."""
    wanted: dict[str, uuid.UUID] = {f"inputs.{n}.upload": item.upload for n, item in enumerate(spec.inputs)}
    if spec.source is not None and spec.source.upload is not None:
        wanted["source.upload"] = spec.source.upload
    if not wanted:
        return
    found = _content_types(actor, wanted.values())
    problems = [
        SpecProblem(path, "input_not_found", {"value": str(upload)})
        for path, upload in wanted.items()
        if upload not in found
    ]
    seen = found.get(wanted.get("source.upload", uuid.UUID(int=0)))
    if seen is not None and seen not in ARCHIVES:
        problems.append(SpecProblem("source.upload", "not_an_archive", {"value": seen}))
    if problems:
        raise SpecInvalid(problems)


def _content_types(actor: Actor, uploads: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    own = Upload.objects.visible_to(actor).filter(id__in=set(uploads))
    return dict(own.values_list("id", "content_type"))


def terms_of(voucher: UsableVoucher | None) -> VoucherTerms | None:
    return None if voucher is None else VoucherTerms(voucher.share_ppm, voucher.available_micro)


def _voucher(actor: Actor, organisation_id: uuid.UUID, spec: JobSpec) -> tuple[UsableVoucher | None, str]:
    """The voucher that pays a share, and why that one or none."""
    if spec.voucher == NO_VOUCHER:
        return None, "no_voucher"
    if spec.voucher == AUTO_VOUCHER:
        return _best_voucher(actor, organisation_id, spec)
    named: uuid.UUID | str
    try:
        named = uuid.UUID(spec.voucher)
    except ValueError:
        named = spec.voucher
    try:
        return funding.usable_voucher(actor=actor, organisation_id=organisation_id, voucher=named), "named"
    except NotFound as absent:
        problem = SpecProblem("voucher", "voucher_not_found", {"value": spec.voucher})
        raise spec_refused(SpecInvalid([problem])) from absent


def _best_voucher(actor: Actor, organisation_id: uuid.UUID, spec: JobSpec) -> tuple[UsableVoucher | None, str]:
    """Of the usable vouchers the one that pays most for this job; of equals the one that expires first."""
    if not actor.may(Permission.WALLET_VIEW) or fleet.has_no_voucher(organisation_id):
        return None, "none_usable"
    usable = funding.usable_vouchers(actor=actor, organisation_id=organisation_id)
    if not usable:
        fleet.remember_no_voucher(organisation_id)
        return None, "none_usable"
    ranking = rank_clusters(spec, fleet.offers_for_quote(), BALANCED, limit_micro=spec.budget_micro)
    fitting = (*ranking.best_first, *ranking.later)
    cost = fitting[0].cost_micro if fitting else 0
    best = min(usable, key=lambda voucher: (own_part(cost, terms_of(voucher)), voucher.expires_at, voucher.number))
    return best, "auto"
