"""The new-job page: quote, mistakes, files, secrets, the editor, and one job for two clicks."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from qianhang.compute import services
from qianhang.compute.models import Job, Upload
from qianhang.core.access import Role
from qianhang.funding.models import Hold

from .pages import form, submitted, text_of


def test_a_double_click_makes_one_job_and_other_content_another(world, local_cluster, developer):
    world.credit(1)
    filled = form(name="once")
    first = developer.post(reverse("job_new"), filled)
    second = developer.post(reverse("job_new"), filled)
    changed = developer.post(reverse("job_new"), {**filled, "command": "echo other"})

    assert first.status_code == second.status_code == changed.status_code == 302
    assert first["Location"] == second["Location"] != changed["Location"]
    assert (Job.objects.count(), Hold.objects.count()) == (2, 2)


def test_a_mistake_stands_beside_its_field_with_what_was_typed_and_nothing_is_written(world, local_cluster, developer):
    world.credit(1)
    response = developer.post(
        reverse("job_new"), form(command="python train.py", **{"resources.memory": "2GB", "resources.cpus": "many"})
    )

    body = response.content.decode()
    assert response.status_code == 422
    assert "“many” is not a number." in text_of(response)
    assert 'value="many"' in body
    assert 'value="2GB"' in body
    assert "python train.py" in body
    assert 'aria-invalid="true"' in body
    assert (Job.objects.count(), Hold.objects.count()) == (0, 0)

    response = developer.post(reverse("job_new"), form(**{"resources.memory": "2GB"}))
    assert "The unit “GB” is not known." in text_of(response)
    response = developer.post(reverse("job_new"), form(budget="0"))
    assert "A budget must be above 0." in text_of(response)
    response = developer.post(reverse("job_new"), form(command=""))
    assert "“command” is missing." in text_of(response)
    assert (Job.objects.count(), Hold.objects.count()) == (0, 0)


def test_without_money_a_job_is_refused_at_the_door_and_nothing_is_written(world, local_cluster, developer):
    response = developer.post(reverse("job_new"), form(name="no money"))
    assert response.status_code == 422
    assert "The wallet has 0.00 CNY available, but 0.01 CNY is needed." in text_of(response)
    assert 'value="no money"' in response.content.decode()
    assert (Job.objects.count(), Hold.objects.count()) == (0, 0)


def test_the_quote_says_where_why_and_why_not_elsewhere_without_writing(
    world, local_cluster, planned_cluster, developer
):
    answer = developer.post(reverse("job_quote"), form(command="", time_limit="10m"))
    seen = text_of(answer)
    assert answer.status_code == 200
    assert "0.06 yuan" in seen  # 600 s x 1 CPU at 0.36 yuan an hour.
    assert "is the only one of 2 clusters that fits" in seen
    assert "Someday It is announced but not built: planning only." in seen
    assert "The wallet has too little" in seen
    assert (Job.objects.count(), Hold.objects.count()) == (0, 0)


def test_the_quote_says_why_no_cluster_fits(world, local_cluster, developer):
    seen = text_of(developer.post(reverse("job_quote"), form(**{"resources.cpus": "512"})))
    assert "No quote yet" in seen
    assert "CPUs; the job needs 512." in seen


def test_the_quote_works_by_a_button_without_scripts(world, local_cluster, developer):
    response = developer.post(reverse("job_new"), form(do="quote", name="kept"))
    assert response.status_code == 200
    assert "Costs at most" in text_of(response)
    assert 'value="kept"' in response.content.decode()
    assert Job.objects.count() == 0


def test_files_survive_a_correction_and_reach_the_job(world, local_cluster, developer, finish):
    world.credit(1)
    script = SimpleUploadedFile("hello.py", b"print('from the file')")
    refused = developer.post(reverse("job_new"), {**form(command=""), "files": script})
    upload = Upload.objects.get()
    assert refused.status_code == 422
    assert f'name="input" value="{upload.id}" checked' in refused.content.decode()

    taken = developer.post(reverse("job_new"), {**form(command="python3 hello.py"), "input": str(upload.id)})

    job = finish(Job.objects.get())
    assert taken["Location"] == reverse("job", args=[job.id])
    assert "from the file" in text_of(developer.get(taken["Location"]))


def test_a_foreign_upload_is_not_taken_over(world, local_cluster, developer, signed_in):
    world.credit(1)
    theirs = services.store_upload(actor=world.stranger, name="theirs.py", chunks=[b"print(1)"])
    response = developer.post(reverse("job_new"), {**form(do="quote"), "input": str(theirs.id)})
    assert "theirs.py" not in text_of(response)
    developer.post(reverse("job_new"), {**form(), "input": str(theirs.id)})
    assert "inputs" not in Job.objects.get().spec


def test_a_hostile_archive_is_refused_with_the_reason(world, local_cluster, developer):
    import tarfile

    hostile = io.BytesIO()
    with tarfile.open(fileobj=hostile, mode="w:gz") as archive:
        entry = tarfile.TarInfo("../../etc/passwd")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    response = developer.post(
        reverse("job_new"), {**form(), "archive": SimpleUploadedFile("a.tar.gz", hostile.getvalue())}
    )
    assert response.status_code == 422
    assert "This archive was refused" in text_of(response)
    assert (Job.objects.count(), Upload.objects.count()) == (0, 0)


def test_secrets_are_given_to_the_job_and_never_shown(world, local_cluster, developer, finish):
    world.credit(1)
    developer.post(
        reverse("job_new"), form(command="test $TOKEN = hunter2-secret && echo opened", secrets="TOKEN=hunter2-secret")
    )
    job = finish(Job.objects.get())
    page = developer.get(reverse("job", args=[job.id])).content.decode()
    assert "opened" in page
    assert "TOKEN" in page
    assert page.count("hunter2-secret") == page.count("test $TOKEN = hunter2-secret")
    again = developer.get(reverse("job_new"), {"from": str(job.id)})
    assert "Secrets are not kept for a new job. Enter them again: TOKEN." in text_of(again)


def test_the_editor_takes_yaml_and_names_the_field_that_was_probably_meant(world, local_cluster, developer):
    world.credit(1)
    wrong = {"as": "text", "do": "submit", "key": "k", "spec": "command: echo hi\nresources: {gpus: 1}\n"}
    refused = developer.post(reverse("job_new"), wrong)
    assert refused.status_code == 422
    assert "There is no field “gpus”. Did you mean “cards”?" in text_of(refused)
    assert "resources: {gpus: 1}" in refused.content.decode()

    right = {**wrong, "spec": "command: echo hi\ntime_limit: 60\n"}
    assert developer.post(reverse("job_new"), right).status_code == 302
    assert Job.objects.get().spec["command"] == "echo hi"


def test_the_form_shows_itself_as_yaml_that_says_the_same(world, local_cluster, developer):
    response = developer.post(reverse("job_new"), form(do="text", command="echo 你好", **{"near.region": "changchun"}))
    body = response.content.decode()
    assert "command: echo 你好" in body
    assert "region: changchun" in body


def test_submitting_again_fills_the_form_and_what_it_cannot_say_opens_in_the_editor(world, local_cluster, developer):
    world.credit(1)
    plain = submitted(world, "echo plain", name="plain")
    special = submitted(world, "echo special", priority=2)

    filled = developer.get(reverse("job_new"), {"from": str(plain.id)}).content.decode()
    assert 'value="plain"' in filled
    assert "echo plain" in filled
    assert "priority: 2" in developer.get(reverse("job_new"), {"from": str(special.id)}).content.decode()


def test_a_viewer_may_not_submit(world, local_cluster, signed_in):
    viewer = signed_in(world.firm, Role.VIEWER)
    assert viewer.get(reverse("job_new")).status_code == 403
    assert viewer.post(reverse("job_new"), form()).status_code == 403
    assert Job.objects.count() == 0


def test_a_problem_with_a_file_names_the_label_and_stands_beside_the_field(world, local_cluster, developer):
    plain = services.store_upload(actor=world.developer, name="notes.txt", chunks=[b"no archive"])
    developer.cookies["qianhang_language"] = "en"

    refused = developer.post(reverse("job_new"), form(source=str(plain.id)))

    assert refused.status_code == 422
    assert "source.upload" not in text_of(refused)
    assert "Source archive: " in text_of(refused)
    body = refused.content.decode()
    assert '<div class="field has-error"><label for="archive">' in body
    assert '<p class="field-error">' in body[body.index('for="archive"') : body.index('for="files"')]
