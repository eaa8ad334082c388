-- What the role of the running provider may do on PostgreSQL. Run in the provider's database, as the
-- owner of the tables, after every `idp migrate apply`; it may be repeated.
--
-- Two roles, made once by a database administrator:
--   kumiai_owner  owns the schema and runs `idp migrate apply`; nothing else uses it
--   kumiai_app    is what IDP_DATABASE_URL names for `idp serve`, `idp worker` and the commands
--
-- The application may add to the audit log and read it, never change it. Triggers refuse changes as
-- well, whoever asks; but the owner and a superuser can drop triggers, kumiai_app cannot.

GRANT USAGE ON SCHEMA public TO kumiai_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO kumiai_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO kumiai_app;

REVOKE UPDATE, DELETE ON audit_event, audit_leaf, audit_checkpoint FROM kumiai_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM kumiai_app;
