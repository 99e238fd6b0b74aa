#!/bin/sh
# Starts the server as its image does, with the database's password from its file: the server takes it from a variable
# alone, and one that Compose sets would be shown by `docker inspect`.
set -eu
POSTGRES_PWD="$(cat /run/secrets/postgres_password)"
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
