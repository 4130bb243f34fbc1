"""The demo region: invented organisations, marked as demo, on the real platform.

`seed_demo` is run at every `up --demo` and changes only what is missing. Everything goes through the services that
people use; the example jobs really run, and no use is invented.
"""

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import yaml
from allauth.account.models import EmailAddress
from django.db import connection, transaction

from qianhang.compute.models import Cluster, Job
from qianhang.compute.services import (
    announce_cluster,
    link_regions,
    load_accelerators,
    register_cluster,
    register_region,
    set_price,
    store_upload,
    submit_job,
)
from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.clock import now
from qianhang.core.people.identity import actor_of_person
from qianhang.core.people.models import ApiKey, Membership, Organisation, OrganisationState, User
from qianhang.core.people.services.create_api_key import create_api_key
from qianhang.funding import queries as funding
from qianhang.funding.services import (
    create_voucher_programme,
    fund_voucher_programme,
    issue_voucher,
    top_up_wallet,
)

from . import demo_accounts, demo_programme, demo_region
from .demo_accounts import SignIn
from .demo_region import CENTRE, CLOUD, DEVELOPER, FIRM, OFFICE, ORGANISATIONS, PEOPLE, UNIVERSITY, YUAN

SEED_LOCK = 7_151_603
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
EXAMPLE_NAMES = ("train-classifier", "monte-carlo", "text-batch")
KEY_DAYS = 300
SYSTEM = Actor.system("demo")

Organisations = dict[str, Organisation]


def seed_demo() -> None:
    """Makes what is missing of the demo region. Two at once take turns; a killed one is completed by the next."""
    with _taking_turns():
        organisations = _organisations()
        _people(organisations)
        _places()
        _clusters(organisations)
        _money(organisations)
        developer = _acting(DEVELOPER.email, organisations[FIRM.key])
        _key_for_local_commands(developer)
        _examples(developer, organisations[FIRM.key])
        demo_programme.seed_plan(file=EXAMPLES / "plan.txt", organisation_id=organisations[OFFICE.key].id)


def demo_sign_ins() -> list[SignIn]:
    """Who can sign in, with the passwords that were generated for this installation."""
    kept = demo_accounts.read_private(demo_accounts.sign_ins_file()) or {}
    return [
        SignIn(person.email, kept[person.email], f"{person.organisation.name_en}, {person.role}")
        for person in PEOPLE
        if person.email in kept
    ]


@contextmanager
def _taking_turns() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [SEED_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SEED_LOCK])


def _organisations() -> Organisations:
    return {demo.key: _organisation(demo) for demo in ORGANISATIONS}


@transaction.atomic
def _organisation(demo: demo_region.DemoOrganisation) -> Organisation:
    """Written directly: nobody registers the programme office by form, and nobody verifies what is invented."""
    organisation, is_new = Organisation.objects.get_or_create(
        credit_code=demo.credit_code,
        defaults={
            "kind": demo.kind,
            "state": OrganisationState.ACTIVE,
            "name": demo.name,
            "name_en": demo.name_en,
            "size_class": demo.size_class,
            "registered_in": demo.registered_in,
            "is_demo": True,
        },
    )
    if is_new:
        audit.record(
            actor=SYSTEM,
            action="organisation.registered",
            subject="organisation",
            subject_id=organisation.id,
            organisation_id=organisation.id,
            after={"name": demo.name, "kind": demo.kind, "state": organisation.state},
            reason="demo region",
        )
    return organisation


def _people(organisations: Organisations) -> None:
    file = demo_accounts.sign_ins_file()
    kept: dict[str, str] = demo_accounts.read_private(file) or {}
    missing = [person for person in PEOPLE if person.email not in kept]
    if missing:
        kept |= {person.email: demo_accounts.new_password() for person in missing}
        # The file first: a sign-in that nobody can read would be of no use.
        demo_accounts.write_private(file, kept)
    for person in PEOPLE:
        with transaction.atomic():
            user = User.objects.filter(email=person.email).first()
            if user is None:
                user = User.objects.create_user(person.email, kept[person.email], name=person.name)
            elif person in missing:
                user.set_password(kept[person.email])
                user.save(update_fields=["password"])
            EmailAddress.objects.get_or_create(
                user=user, email=person.email, defaults={"verified": True, "primary": True}
            )
            organisation = organisations[person.organisation.key]
            Membership.objects.get_or_create(user=user, organisation=organisation, defaults={"role": person.role})
            if user.current_organisation_id is None:
                user.current_organisation = organisation
                user.save(update_fields=["current_organisation"])


def _acting(email: str, organisation: Organisation) -> Actor:
    """One of the demo's people as if just signed in, for `organisation` wherever they have switched to since."""
    user = User.objects.get(email=email)
    user.current_organisation = organisation
    return actor_of_person(user, confirmed_at=now())


def _places() -> None:
    for place in demo_region.PLACES:
        register_region(
            actor=SYSTEM,
            code=place.code,
            name=place.name,
            name_en=place.name_en,
            latitude=place.latitude,
            longitude=place.longitude,
        )
    for one, other, round_trip_us in demo_region.links():
        link_regions(actor=SYSTEM, one=one, other=other, round_trip_us=round_trip_us, source=demo_region.LINK_SOURCE)


def _clusters(organisations: Organisations) -> None:
    load_accelerators(actor=SYSTEM)
    known = set(Cluster.objects.values_list("slug", flat=True))
    if demo_region.LOCAL_SLUG not in known:
        with transaction.atomic():
            local = register_cluster(
                actor=SYSTEM,
                organisation_id=organisations[CENTRE.key].id,
                slug=demo_region.LOCAL_SLUG,
                name="本机集群（演示）",
                name_en="This machine (demo)",
                region="changchun",
                connector="local",
                pue=None,
                green_share=None,
                is_demo=True,
            )
            _price(local, cpu_hour=demo_region.LOCAL_CPU_HOUR, card_hour=demo_region.LOCAL_CARD_HOUR)
    for planned in demo_region.PLANNED:
        if planned.slug in known:
            continue
        with transaction.atomic():
            cluster = announce_cluster(
                actor=SYSTEM,
                organisation_id=organisations[CLOUD.key].id,
                slug=planned.slug,
                name=planned.name,
                name_en=planned.name_en,
                region=planned.region,
                pools=planned.pools(),
                pue=planned.pue,
                green_share=planned.green_share,
                is_demo=True,
            )
            _price(cluster, cpu_hour=demo_region.PLANNED_CPU_HOUR, card_hour=planned.card_hour)


def _price(cluster: Cluster, *, cpu_hour: int, card_hour: int) -> None:
    for pool in cluster.pools.all():
        set_price(actor=SYSTEM, pool_id=pool.id, item="cpu_hour", micro_yuan=cpu_hour)
        if pool.cards_per_node:
            set_price(actor=SYSTEM, pool_id=pool.id, item="card_hour", micro_yuan=card_hour)


def _money(organisations: Organisations) -> None:
    """A programme with a budget, a voucher for the firm, credit for the firm and the university."""
    programme = funding.programme_by_slug(actor=SYSTEM, slug="demo-compute-2026")
    if programme is None:
        programme = create_voucher_programme(
            actor=SYSTEM,
            organisation_id=organisations[OFFICE.key].id,
            slug="demo-compute-2026",
            name="长白算力券 2026（演示）",
            name_en="Changbai compute voucher 2026 (demo)",
            share_ppm=500_000,
            cap=2_000 * YUAN,
            valid_days=365,
            is_demo=True,
        )
    fund_voucher_programme(
        actor=SYSTEM, programme_id=programme.id, amount=1_000_000 * YUAN, key="budget-2026", reason="demo budget"
    )
    for key, yuan in ((FIRM.key, 500), (UNIVERSITY.key, 300)):
        top_up_wallet(
            actor=SYSTEM,
            organisation_id=organisations[key].id,
            amount_micro=yuan * YUAN,
            key="demo-credit",
            reason="demo credit",
        )
    issue_voucher(
        actor=SYSTEM,
        programme_id=programme.id,
        organisation_id=organisations[FIRM.key].id,
        key="demo-firm",
        reason="demo voucher",
    )


def _key_for_local_commands(developer: Actor) -> None:
    """Lets `qianhang run` work on this machine without signing in; whoever can read the data folder is trusted."""
    file = demo_accounts.local_profile_file()
    kept = demo_accounts.read_private(file) or {}
    if kept.get("api_key") and _still_good(kept.get("key_id", "")):
        return
    with transaction.atomic():
        made = create_api_key(
            actor=developer,
            name="qianhang on this machine",
            scopes=sorted(developer.permissions),
            expires_at=now() + timedelta(days=KEY_DAYS),
        )
        demo_accounts.write_private(file, {"api_key": made.secret, "key_id": str(made.key.id)})


def _still_good(key_id: str) -> bool:
    lasting = ApiKey.objects.filter(revoked_at=None, expires_at__gt=now() + timedelta(days=1))
    return any(str(found) == key_id for found in lasting.values_list("id", flat=True))


def _examples(developer: Actor, firm: Organisation) -> None:
    """Each example is submitted once in the life of an installation, and really runs; the voucher pays its share."""
    for name in EXAMPLE_NAMES:
        folder = EXAMPLES / name
        if not (folder / "job.yaml").is_file():
            continue
        spec = yaml.safe_load((folder / "job.yaml").read_text(encoding="utf-8"))
        with transaction.atomic():
            if Job.objects.filter(organisation=firm, name=spec["name"]).exists():
                continue
            upload = store_upload(actor=developer, name=f"{name}.tar.gz", chunks=[_packed(folder)])
            submit_job(actor=developer, spec={**spec, "source": {"upload": str(upload.id)}})


def _packed(folder: Path) -> bytes:
    """The folder as .tar.gz, the same bytes each time; results of earlier runs stay out."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not {"outputs", "__pycache__"} & set(inside.parts):
                archive.add(path, arcname=str(inside), filter=_anonymous)
    return packed.getvalue()


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member
