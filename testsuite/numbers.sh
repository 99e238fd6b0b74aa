#!/usr/bin/env bash
# Prints the numbers by which the shape of the code is judged: `make numbers`, in the root of the project.
set -euo pipefail
sources() { git ls-files '*.go' | grep -v '_test\.go$' | grep -v '^devserver/'; }

echo "files and lines by folder, without and with tests:"
for folder in $(git ls-files '*.go' | grep -v '^devserver/' | xargs -n1 dirname | sort -u); do
  all=$(git ls-files "$folder/*.go" | grep -E "^$folder/[^/]+$")
  own=$(grep -v '_test\.go$' <<<"$all" || true)
  printf '  %-32s %3d files %6d lines   %3d files %6d lines\n' "$folder" "$(grep -c . <<<"$own" || true)" \
    "$([ -n "$own" ] && cat $own | wc -l || echo 0)" "$(wc -l <<<"$all")" "$(cat $all | wc -l)"
done

echo "methods of the largest types of starter:"
git ls-files 'starter/*.go' | grep -E '^starter/[^/]+$' | grep -v _test | xargs grep -hoE '^func \([a-z]+ \*?[A-Za-z]+' |
  sed -E 's/.* \*?//' | sort | uniq -c | sort -rn | head -3

# By text, a method that several files define cannot be told from the others of its name: calls of it are not counted.
echo "pairs of starter's files that call each other:"
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
heads='^func (\([^)]*\) )?[A-Za-z0-9_]+'
for file in $(git ls-files 'starter/*.go' | grep -E '^starter/[^/]+$' | grep -v _test); do
  name=$(basename "$file")
  grep -oE "$heads" "$file" | sed -E 's/^func (\([^)]*\) )?//' | sort -u >"$dir/$name.defines" || true
  sed -E "s/$heads//" "$file" | grep -oE '\b[A-Za-z0-9_]+\(' | tr -d '(' | sort -u >"$dir/$name.calls" || true
done
cat "$dir"/*.defines | sort | uniq -d >"$dir/several"
calls() { comm -12 "$dir/$1.calls" "$dir/$2.defines" | comm -23 - "$dir/several" | grep -q .; }
pairs=0
names=$(cd "$dir" && ls -- *.defines | sed 's/\.defines$//')
for a in $names; do for b in $names; do
  if [[ $a < $b ]] && calls "$a" "$b" && calls "$b" "$a"; then pairs=$((pairs + 1)); fi
done; done
echo "  $pairs"

echo "functions of more than 60 lines:"
sources | xargs awk 'FNR==1{in_f=0} /^func /{start=FNR; name=$0; in_f=1} /^}/{if(in_f && FNR-start+1>60){print "  " FILENAME ":" start " " FNR-start+1; n++} in_f=0} END{print "  " n+0}'

echo "lines of more than 120 characters outside tests:"
echo "  $(sources | xargs cat | sed 's/\t/    /g' | LC_ALL=C.UTF-8 grep -cE '^.{121}' || true)"

echo "exported functions and methods without a caller, but for the client's and what only tests use:"
sources | grep -vE '^(registrar|testsuite)/' | xargs cat >"$dir/product"
grep -oE '^func (\([^)]*\) )?[A-Z][A-Za-z0-9_]*' "$dir/product" | sed -E 's/^func (\([^)]*\) )?//' | sort -u >"$dir/exported"
sources | xargs cat | sed -E 's/^func (\([^)]*\) )?[A-Za-z0-9_]+//; s|//.*||' | grep -oE '\b[A-Z][A-Za-z0-9_]*' | sort -u >"$dir/used"
comm -23 "$dir/exported" "$dir/used" | sed 's/^/  /'
