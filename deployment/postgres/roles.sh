#!/bin/sh
# Makes the roles and the database of Tuoju (docs/operations.md, "Database roles on PostgreSQL"). Roles that are there
# keep their rights and get the password that is given. Run it as a superuser of PostgreSQL.
# Passwords: OWNER_PASSWORD, SERVICE_PASSWORD, BACKUP_PASSWORD. Database: tuoju, or the first argument.
set -eu
: "${OWNER_PASSWORD:?}" "${SERVICE_PASSWORD:?}" "${BACKUP_PASSWORD:?}"

psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres --quiet \
    -v database="${1:-tuoju}" -v owner="$OWNER_PASSWORD" -v service="$SERVICE_PASSWORD" -v backup="$BACKUP_PASSWORD" <<'SQL'
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['tuoju_app', 'tuoju_owner', 'tuoju_service', 'tuoju_backup']) name
WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER ROLE tuoju_app NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
ALTER ROLE tuoju_owner LOGIN CREATEDB PASSWORD :'owner' NOSUPERUSER NOBYPASSRLS;  -- for `tuoju restore --verify`
ALTER ROLE tuoju_service LOGIN PASSWORD :'service' NOSUPERUSER NOBYPASSRLS;
ALTER ROLE tuoju_backup LOGIN PASSWORD :'backup' NOSUPERUSER BYPASSRLS;
GRANT tuoju_app TO tuoju_owner, tuoju_service;
GRANT pg_read_all_data TO tuoju_backup;
CREATE DATABASE :"database" OWNER tuoju_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO tuoju_service, tuoju_backup;
SQL
