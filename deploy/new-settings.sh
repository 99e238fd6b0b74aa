#!/bin/sh
# Makes the settings of a production deployment, beside the demo's: a folder with the worker's settings and one file for
# each secret, and .env, which has Compose use that folder. It overwrites nothing.
set -eu
cd "$(dirname "$0")/.."
folder=deploy/production

if [ -e "$folder" ] || [ -e .env ]; then
  echo "$folder or .env exists already, and is left as it is." >&2
  exit 1
fi

random() { head -c "$1" /dev/urandom; }
umask 077
mkdir "$folder"
random 24 | od -An -v -t x1 | tr -d ' \n' > "$folder/postgres_password"
printf 'whsec_%s\n' "$(random 32 | base64)" > "$folder/registrar_webhook_secret"
: > "$folder/genesys_oauth_client_secret"
: > "$folder/external_ai_token"
cat > "$folder/worker.env" <<'END'
# The worker's settings; docs/configuration.md lists them all. Secrets do not belong here: each has its own file.

# The region or domain of the Genesys Cloud organisation, e.g. us-east-1 or mypurecloud.de, and its OAuth client
# (client credentials grant). The client's secret goes into genesys_oauth_client_secret.
GENESYSCLOUD_REGION=
GENESYS_OAUTH_CLIENT_ID=

# The hosts that the token in external_ai_token may be sent to, separated by commas.
EXTERNAL_AI_TOKEN_HOSTS=

# Private networks with endpoints or webhook receivers that manifests may name. Empty: public addresses alone.
REGISTRAR_ALLOW_NETWORKS=

# Who decides at least: never, on_failure or always. A manifest can only be stricter.
REGISTRAR_APPROVAL=never
END

# The containers' users are not this one. They are let read the files, which are mounted one by one; on this machine
# nobody gets past the folder.
chmod 0644 "$folder"/*
cat > .env <<END
COMPOSE_PROJECT_NAME=model-registrar
REGISTRAR_SETTINGS=./$folder
END
chmod 0644 .env

echo "Made $folder and .env. Now fill in:"
echo "  $folder/worker.env                    GENESYSCLOUD_REGION, GENESYS_OAUTH_CLIENT_ID, EXTERNAL_AI_TOKEN_HOSTS"
echo "  $folder/genesys_oauth_client_secret   the OAuth client's secret"
echo "  $folder/external_ai_token             the token for the probe, unless all of your endpoints do without"
