#!/bin/sh
# Installs what the tests need besides Go, gcc, make, git and Node.js, if it is missing: PostgreSQL, Chromium,
# nginx, curl, jq, OpenSSH's ssh-keygen and Python's jsonschema. With apt-get (as root, or with sudo); elsewhere it says what to install.
set -eu

missing=""
for tool in curl jq; do command -v $tool >/dev/null || missing="$missing $tool"; done
schemas="from jsonschema import Draft202012Validator"
command -v ssh-keygen >/dev/null || missing="$missing openssh-client"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$missing chromium"
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
{ python3 -c "$schemas" || /usr/bin/python3 -c "$schemas"; } 2>/dev/null || missing="$missing python3-jsonschema"
[ -z "$missing" ] && exit 0

run=""
[ "$(id -u)" = 0 ] || run="sudo -n"
if ! command -v apt-get >/dev/null || { [ -n "$run" ] && ! $run true 2>/dev/null; }; then
	echo "The tests need programs that are not here. Install these Debian packages, or what your system calls them:$missing" >&2
	exit 1
fi
echo "Installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq
# Without recommended packages: a database service, for one, is not wanted.
# Nor is a web server: services that were installed are not started.
if [ ! -e /usr/sbin/policy-rc.d ]; then
	printf '#!/bin/sh\nexit 101\n' | $run tee /usr/sbin/policy-rc.d >/dev/null
	$run chmod +x /usr/sbin/policy-rc.d
	trap '$run rm /usr/sbin/policy-rc.d' EXIT
fi
$run apt-get install -y -qq --no-install-recommends $missing >/dev/null
