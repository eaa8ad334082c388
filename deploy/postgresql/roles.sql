-- Who may do what on PostgreSQL. Run in the provider's database after every `idp migrate apply`, as the
-- owner of the tables; it may be repeated. Roles that are missing are made, which takes a role that may
-- (CREATEROLE) once; give them passwords yourself.
--
--   kumiai_owner    owns the schema and runs `idp migrate apply`; nothing else uses it
--   kumiai_app      IDP_DATABASE_URL of `idp serve`, `idp worker` and the commands
--   kumiai_purger   IDP_PURGE_DATABASE_URL of whoever runs `idp audit purge` and of the worker; the only
--                   role whose DELETE the trigger of the log lets pass, and only within a purge
--   kumiai_room     IDP_ROOM_DATABASE_URL of `idp serve`: the audit room. It reads what the room shows
--                   and adds the events of its looks, reviews and sign-offs; it changes nothing
--   kumiai_auditor  reads the log and the policies, nothing else
--
-- The application may add to the audit log and read it, never change it. Triggers refuse changes as
-- well, whoever asks; but the owner and a superuser can drop triggers, kumiai_app cannot. What they do
-- then is found: `idp doctor invariants`, `idp audit export`, a checkpoint that was kept elsewhere.

BEGIN;

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['kumiai_app', 'kumiai_purger', 'kumiai_room', 'kumiai_auditor'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', wanted);
    END IF;
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO kumiai_app, kumiai_purger, kumiai_room, kumiai_auditor;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO kumiai_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO kumiai_app;

REVOKE UPDATE, DELETE ON audit_event, audit_leaf, audit_checkpoint FROM kumiai_app;
REVOKE INSERT, UPDATE, DELETE ON audit_purge, audit_purge_permit FROM kumiai_app;
REVOKE DELETE ON legal_hold FROM kumiai_app;
REVOKE INSERT, UPDATE, DELETE ON audit_review, audit_review_end, audit_sign_off FROM kumiai_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM kumiai_app;

GRANT SELECT, INSERT, DELETE ON audit_event TO kumiai_purger;
GRANT SELECT ON audit_leaf, legal_hold TO kumiai_purger;
GRANT SELECT, INSERT ON audit_purge TO kumiai_purger;
GRANT SELECT, INSERT, DELETE ON audit_purge_permit TO kumiai_purger;
-- The terms of the search index go with the bodies, and with the strangers of a month.
GRANT SELECT, DELETE ON audit_term TO kumiai_purger;
GRANT SELECT, UPDATE (generation) ON audit_index TO kumiai_purger;
-- A hold covers a person by subject and by number.
GRANT SELECT (subject, member_number) ON account TO kumiai_purger;
-- The monthly keys of strangers are destroyed with retention.
GRANT SELECT, UPDATE (wrapped, destroyed_at) ON person_key TO kumiai_purger;

GRANT SELECT ON audit_event, audit_leaf, audit_checkpoint, audit_sealer, audit_purge, audit_term,
  audit_index, audit_review, audit_review_end, audit_sign_off, account, staff_account, person_key,
  legal_hold TO kumiai_room;
GRANT INSERT ON audit_event, audit_review, audit_review_end, audit_sign_off TO kumiai_room;
-- The first look of a month makes the key that its addresses are sealed under.
GRANT INSERT ON person_key TO kumiai_room;

GRANT SELECT ON audit_event, audit_leaf, audit_checkpoint, audit_sealer, audit_purge, legal_hold
  TO kumiai_auditor;
GRANT SELECT ON policy_text, policy_activation, alembic_version TO kumiai_auditor;

COMMIT;
