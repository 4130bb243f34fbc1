"""The table of Django's database cache (CACHES in settings): counters of failed sign-ins live here."""

from django.db import migrations

FORWARD = """
CREATE TABLE web_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX web_cache_expires ON web_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("web", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP TABLE web_cache")]
