"""Which uploads the jobs name that were submitted before the table of it was there: their specs say it."""

from django.db import migrations

NAMED_BEFORE = """
INSERT INTO compute_jobupload (job_id, upload_id)
SELECT DISTINCT named.job, upload.id
FROM (
    SELECT id AS job, spec->'source'->>'upload' AS upload FROM compute_job
    UNION
    SELECT job.id, item->>'upload'
    FROM compute_job AS job
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(job.spec->'inputs') WHEN 'array' THEN job.spec->'inputs' ELSE '[]'::jsonb END
    ) AS item
) AS named
JOIN compute_upload AS upload ON upload.id::text = named.upload;
"""


class Migration(migrations.Migration):
    dependencies = [("compute", "0004_uploads_of_jobs_and_unfit_jobs")]

    operations = [migrations.RunSQL(NAMED_BEFORE, migrations.RunSQL.noop)]
