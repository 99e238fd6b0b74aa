#!/bin/sh
# Registers the model of a manifest in JSON, approves it once its evidence is there, and prints what came of it. The model's
# name has to be of plain letters, digits, - and _, since nothing here escapes it.
set -eu
manifest=$1 name=$2 requester=$3 approver=$4 by=${5:-update}
id=register-model/$name

temporal workflow start --type RegisterModel --task-queue model-registrar --workflow-id "$id" \
	--input "{\"manifest\": $(cat "$manifest"), \"requester\": \"$requester\"}"

# The status query answers with the evidence, and with the hash that a decision names.
status() { temporal workflow query --workflow-id "$id" --type status --output json | tr -d ' \n'; }
while :; do
	evidence=$(status)
	case $evidence in
	*'"stage":"WAITING_FOR_APPROVAL"'*) break ;;
	*'"result":{'*) exec temporal workflow result --workflow-id "$id" ;; # it has ended without asking
	esac
	sleep 1
done
hash=$(echo "$evidence" | sed 's/.*"payloadHash":"\([0-9a-f]*\)".*/\1/')
decision="{\"decision\": \"approve\", \"approver\": \"$approver\", \"reason\": \"the probe passed\", \"payloadHash\": \"$hash\"}"

if [ "$by" = signal ]; then # has no answer; the status query lists it under refusedDecisions if it does not count
	temporal workflow signal --workflow-id "$id" --name decide --input "$decision"
else # is answered at once, with exit code 1 if it is refused
	temporal workflow update execute --workflow-id "$id" --name decide --input "$decision"
fi
temporal workflow result --workflow-id "$id" # waits for the end; exit code 1 unless the workflow completed
