"""What uploads may take, and when they go."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import translation

from qianhang.compute import objects, services
from qianhang.compute.errors import NoClusterFits, UploadQuotaReached
from qianhang.compute.explanations import JobSpecRefused
from qianhang.compute.models import JobUpload, Upload
from qianhang.core.access import Actor
from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import now
from qianhang.core.errors import Forbidden

from .conftest import SYSTEM, World, command

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def sent(
    world: World, content: bytes, *, name: str = "data.csv", days_ago: int = 0, actor: Actor | None = None
) -> Upload:
    upload = services.store_upload(actor=actor or world.developer, name=name, chunks=[content])
    Upload.objects.filter(id=upload.id).update(last_sent_at=now() - days_ago * DAY)
    return upload


def prune(days: int = 7) -> int:
    return services.prune_uploads(actor=SYSTEM, before=now() - days * DAY)


def test_what_no_job_names_goes_after_its_days_and_its_file_with_it(world):
    old, young = sent(world, b"old", days_ago=8), sent(world, b"young", days_ago=6)
    assert prune() == 1
    assert list(Upload.objects.values_list("id", flat=True)) == [young.id]
    assert (objects.exists(old.stored_as), objects.exists(young.stored_as)) == (False, True)
    entry = AuditEntry.objects.get(action="uploads.pruned")
    assert (entry.before, entry.organisation_id) == ({"files": 1, "bytes": 3}, world.firm.id)
    assert prune() == 0


def test_what_a_job_names_stays_however_old(world, local_cluster):
    world.credit(1)
    data, script = sent(world, b"1,2\n", days_ago=400), sent(world, b"print(1)", name="train.py", days_ago=400)
    inputs = [{"upload": str(data.id), "path": "x.csv"}, {"upload": str(data.id), "path": "y.csv"}]
    job = services.submit_job(actor=world.developer, spec=command("true", inputs=inputs))
    assert list(JobUpload.objects.values_list("job_id", "upload_id")) == [(job.id, data.id)]
    assert prune() == 1
    assert (objects.exists(data.stored_as), objects.exists(script.stored_as)) == (True, False)


def test_a_refused_submission_leaves_files_that_go(world, local_cluster):
    data = sent(world, b"1,2\n", days_ago=8)
    spec = command("true", inputs=[{"upload": str(data.id), "path": "x.csv"}], resources={"cpus": 4_000})
    with pytest.raises(NoClusterFits), transaction.atomic():
        services.submit_job(actor=world.developer, spec=spec)
    assert prune() == 1
    with pytest.raises(JobSpecRefused) as refused, transaction.atomic():
        services.submit_job(actor=world.developer, spec=spec | {"resources": {"cpus": 1}})
    assert [problem.code for problem in refused.value.problems] == ["input_not_found"]


def test_a_file_stays_while_it_is_kept_under_another_name_or_was_sent_again(world):
    first = sent(world, b"same", days_ago=8)
    sent(world, b"same", name="other.csv")
    assert (prune(), objects.exists(first.stored_as)) == (1, True)
    Upload.objects.update(last_sent_at=now() - 8 * DAY)
    services.store_upload(actor=world.developer, name="other.csv", chunks=[b"same"])
    assert prune() == 0


def test_pruning_is_the_platforms_own_work(world):
    with pytest.raises(Forbidden):
        services.prune_uploads(actor=world.official, before=now())


def test_an_organisation_has_room_for_so_much_and_no_more(world, settings):
    settings.UPLOAD_QUOTA_BYTES = 10
    sent(world, b"12345678")
    with pytest.raises(UploadQuotaReached) as refused:
        sent(world, b"123")
    assert refused.value.status == 413
    with translation.override("en"):
        assert "Files that no job names are removed 7 days after" in str(refused.value)
    # The same file again takes nothing, under whatever name; and another organisation has its own room.
    sent(world, b"12345678", name="again.csv")
    sent(world, b"12")
    sent(world, b"1234567890", actor=world.stranger)
    assert sorted(Upload.objects.filter(organisation=world.firm).values_list("bytes", flat=True)) == [2, 8, 8]
    assert not list(objects.path_of("incoming").iterdir())
