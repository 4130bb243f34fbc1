"""Cancelling many jobs at once, from the job list and from the queue."""

from django.urls import reverse

from qianhang.compute.models import Job
from qianhang.core.access import Role

from .pages import submitted, text_of


def states(*jobs: Job) -> list[str]:
    found = dict(Job.objects.filter(id__in=[job.id for job in jobs]).values_list("id", "state"))
    return [found[job.id] for job in jobs]


def ticked(*jobs: Job, **more: str) -> dict[str, object]:
    return {"action": "cancel", "id": [str(job.id) for job in jobs], **more}


def test_the_ticked_jobs_are_cancelled_after_a_confirmation_and_only_once(world, local_cluster, developer):
    world.credit(1)
    jobs = [submitted(world, name=f"job {n}") for n in range(3)]
    assert 'name="id"' in developer.get(reverse("job_list")).content.decode()

    asked = developer.post(reverse("job_bulk"), ticked(*jobs[:2]))
    assert "job 0" in text_of(asked)
    assert states(*jobs) == ["queued"] * 3

    for _click in range(2):
        answer = developer.post(reverse("job_bulk"), ticked(*jobs[:2], confirmed="1", next="/jobs/?state=waiting"))
        assert answer["Location"] == "/jobs/?state=waiting"
    assert states(*jobs) == ["cancelled", "cancelled", "queued"]
    said = text_of(developer.get(reverse("job_list")))
    assert "2 done." in said
    assert "2 were so already" in said


def test_nobody_cancels_what_is_not_theirs(world, local_cluster, signed_in):
    world.credit(1)
    job = submitted(world)

    stranger = signed_in(world.other_firm)
    answer = stranger.post(reverse("job_bulk"), ticked(job, confirmed="1"))
    assert answer.status_code == 302
    assert "Nothing was selected" in text_of(stranger.get(reverse("job_list")))

    viewer = signed_in(world.firm, Role.VIEWER)
    assert viewer.post(reverse("job_bulk"), ticked(job, confirmed="1")).status_code == 403
    assert 'name="id"' not in viewer.get(reverse("job_list")).content.decode()
    assert states(job) == ["queued"]


def test_the_office_cancels_from_the_queue(world, local_cluster, signed_in):
    world.credit(1)
    job = submitted(world)
    office = signed_in(world.office, Role.OWNER)
    assert f'value="{job.id}"' in office.get(reverse("queue")).content.decode()
    office.post(reverse("job_bulk"), ticked(job, confirmed="1", next=reverse("queue")))
    assert states(job) == ["cancelled"]
