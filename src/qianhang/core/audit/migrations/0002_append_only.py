"""Nobody edits history: triggers stop even the owner by accident, and the application's role lacks the privilege."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_entry_rows BEFORE UPDATE OR DELETE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_entry_table BEFORE TRUNCATE ON audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_block_rows BEFORE UPDATE OR DELETE ON audit_auditblock
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_block_table BEFORE TRUNCATE ON audit_auditblock
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'qianhang_app') THEN
        REVOKE ALL ON audit_auditentry, audit_auditblock FROM qianhang_app;
        GRANT SELECT, INSERT ON audit_auditentry, audit_auditblock TO qianhang_app;
    END IF;
END $$;
"""

BACKWARD = """
DROP TRIGGER audit_entry_rows ON audit_auditentry;
DROP TRIGGER audit_entry_table ON audit_auditentry;
DROP TRIGGER audit_block_rows ON audit_auditblock;
DROP TRIGGER audit_block_table ON audit_auditblock;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
