#!/bin/bash
# Runs levels of tests, each in a session of its own, so that an outage test of one never meets another's servers:
#   levels.sh PYTEST "LEVELS on a whole stack" "the others"
# The first run beside the others, because tests on a whole stack mostly wait; what they print follows at the end.
set -uo pipefail
pytest=$1
failed=$(mktemp)
beside=$(mktemp)
# Ctrl+C reaches only the foreground: the levels beside it are interrupted here, and take their servers down.
set -m
trap '[ -n "${aside:-}" ] && kill -INT -- "-$aside" 2>/dev/null && wait "$aside"; rm -f "$failed" "$beside"' EXIT
trap 'exit 130' INT TERM

run() {
    for level in $1; do
        echo "== $level"
        "$pytest" "$level" || echo "$level" >>"$failed"
    done
}

run "$2" >"$beside" 2>&1 &
aside=$!
run "$3"
echo "== waiting for: $2"
wait "$aside"
aside=
cat "$beside"
if [ -s "$failed" ]; then
    echo "failed: $(sort "$failed" | tr '\n' ' ')"
    exit 1
fi
