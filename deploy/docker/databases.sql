-- The two databases and their four roles. The variables <role>_password are set before this file is read.
-- The owner role owns the tables and runs the migrations; the application role owns nothing, so row-level security binds it.

SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vault_owner') AS missing \gset
\if :missing
CREATE ROLE vault_owner;
CREATE ROLE vault_app;
CREATE ROLE policy_owner;
CREATE ROLE policy_app;
\endif
ALTER ROLE vault_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'vault_owner_password';
ALTER ROLE vault_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'vault_app_password';
ALTER ROLE policy_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'policy_owner_password';
ALTER ROLE policy_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'policy_app_password';

SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = 'vault') AS missing \gset
\if :missing
CREATE DATABASE vault OWNER vault_owner ENCODING 'UTF8' TEMPLATE template0;
\endif
SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = 'policy') AS missing \gset
\if :missing
CREATE DATABASE policy OWNER policy_owner ENCODING 'UTF8' TEMPLATE template0;
\endif

REVOKE ALL ON DATABASE vault FROM PUBLIC;
REVOKE ALL ON DATABASE policy FROM PUBLIC;
GRANT CONNECT ON DATABASE vault TO vault_app;
GRANT CONNECT ON DATABASE policy TO policy_app;

\connect vault
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO vault_owner;
GRANT USAGE ON SCHEMA public TO vault_app;

\connect policy
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO policy_owner;
GRANT USAGE ON SCHEMA public TO policy_app;
