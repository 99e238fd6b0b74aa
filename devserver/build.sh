#!/bin/sh
# Builds the development server into the file of the first argument, and says how far it is: from an empty build cache it
# takes minutes.
set -eu
cd "$(dirname "$0")"
go mod download
total=$(go list -deps . | wc -l)
every=100
end='\n'
[ -t 1 ] && every=1 end='\r'

# With -v, go names each package that it compiles, a line each; what else it says is printed as it is.
{ go build -v -o "$1" . 2>&1 || echo "exit status: $?"; } | {
	done=0 code=0
	while IFS= read -r line; do
		case $line in
		"exit status: "*) code=${line#exit status: } ;;
		*[\ :]* | "#"*) echo "$line" ;;
		*)
			[ $done -gt 0 ] || echo "Building a Temporal server and its UI. This takes minutes, the first time only."
			done=$((done + 1))
			[ $((done % every)) -ne 0 ] || printf "  %d of at most %d packages compiled$end" $done "$total"
			;;
		esac
	done
	[ $done -eq 0 ] || [ "$end" = '\n' ] || echo
	exit "$code"
}
