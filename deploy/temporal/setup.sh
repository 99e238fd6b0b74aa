#!/bin/sh
# Creates the namespace and registers the search attributes of registrations. It may run any number of times.
set -eu

namespace_exists() { temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; }
missing() { ! temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" | grep -qw "$1"; }

if ! namespace_exists; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$NAMESPACE_RETENTION" \
    --description "Registrations of LLM endpoints"
fi

# A new namespace reaches every part of the server only after some seconds.
tries=0
until temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "Namespace $TEMPORAL_NAMESPACE was created, but the server does not know it after a minute." >&2
    exit 1
  fi
  sleep 1
done

for name in ModelName ModelArchitecture RegistrationStage PayloadHash ModelState; do
  if missing "$name"; then
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
  fi
done
echo "Namespace $TEMPORAL_NAMESPACE is ready."
