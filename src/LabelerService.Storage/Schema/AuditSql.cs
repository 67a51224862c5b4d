namespace LabelerService.Storage.Schema;

/// <summary>What keeps the audit log from being changed by mistake or with the rights of the service. The chain is for those who have more.</summary>
internal static class AuditSql
{
    public const string Up =
        """
        INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

        CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'insufficient_privilege';
        END $$;

        CREATE FUNCTION audit_check_head() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.sequence <> OLD.sequence + 1 OR NOT EXISTS (
                SELECT 1 FROM audit_log a WHERE a.sequence = NEW.sequence AND a.hash = NEW.hash AND a.previous_hash = OLD.hash) THEN
                RAISE EXCEPTION 'the head of the audit log only goes on to the next event' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$;

        CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
            FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_head_goes_on BEFORE UPDATE ON audit_head
            FOR EACH ROW EXECUTE FUNCTION audit_check_head();
        """;

    public const string Down =
        """
        DROP TRIGGER audit_log_only_grows ON audit_log;
        DROP TRIGGER audit_head_stays ON audit_head;
        DROP TRIGGER audit_head_goes_on ON audit_head;
        DROP FUNCTION audit_refuse();
        DROP FUNCTION audit_check_head();
        """;
}
