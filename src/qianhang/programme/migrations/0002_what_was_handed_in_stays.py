from django.db import migrations

from qianhang.core.sqlfiles import sql_file

UNDO = """
DROP FUNCTION IF EXISTS programme_keep CASCADE;
DROP FUNCTION IF EXISTS programme_keep_reviewed CASCADE;
DROP TRIGGER IF EXISTS programme_plandocument_stays ON programme_plandocument;
DROP TRIGGER IF EXISTS programme_evidence_stays ON programme_evidence;
DROP TRIGGER IF EXISTS programme_progressreport_stays ON programme_progressreport;
DROP TRIGGER IF EXISTS programme_expertopinion_stays ON programme_expertopinion;
"""


class Migration(migrations.Migration):
    """Documents, evidence, reports, opinions and reviewed values cannot be rewritten, by the application either."""

    dependencies = [("programme", "0001_initial")]

    operations = [migrations.RunSQL(sql=sql_file("qianhang.programme", "kept.sql"), reverse_sql=UNDO)]
