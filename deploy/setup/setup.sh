#!/bin/bash
# Everything that `make demo` and `make test` need, from nothing: system packages (as root), uv, .venv, jars.
# Safe to repeat and to interrupt: each part is written beside its place or marked, and the stamp is written last.
set -euo pipefail
cd "$(dirname "$0")/../.."
ROOT=$PWD
STATE=$ROOT/.trueshelf
STAMP=$STATE/setup.stamp

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

wanted_stamp() {
    # Path and content of all that decides what gets installed.
    { pwd; sha256sum requirements.lock pyproject.toml contracts/pyproject.toml services/*/pyproject.toml \
        deploy/cli/pyproject.toml deploy/setup/* deploy/backing/*/*; } | sha256sum | cut -d' ' -f1
}

python311() {
    local candidate
    for candidate in python3.11 /usr/bin/python3.11 python3; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

has_chromium() { [ -x "${CHROMIUM_PATH:-/usr/bin/chromium}" ]; }

reads() {
    # Whether tesseract is here and knows the language $1.
    command -v tesseract >/dev/null && tesseract --list-langs 2>/dev/null | grep -qx "$1"
}

system_packages() {
    local missing=() python
    if python=$(python311); then
        # ensurepip is what Debian leaves out of python3 and puts into python3-venv.
        "$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3.11-venv)
    else
        missing+=(python3.11 python3.11-venv)
    fi
    command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
    command -v mvn >/dev/null || missing+=(maven)
    # Only the tests of the pages need these two: who may not install them can still run everything else.
    local pages=()
    has_chromium || pages+=(chromium)
    command -v node >/dev/null || pages+=(nodejs)
    if [ ${#pages[@]} -ne 0 ]; then
        if [ "$(id -u)" -eq 0 ] || [ ${#missing[@]} -ne 0 ]; then
            missing+=("${pages[@]}")
        else
            say "no ${pages[*]}: tests of the pages will fail (Debian: sudo apt-get install ${pages[*]}; CHROMIUM_PATH names another)"
        fi
    fi
    # qa reads labels with tesseract; where it is not here, its reports say so and judge the rest.
    local words=() language
    command -v tesseract >/dev/null || words+=(tesseract-ocr)
    for language in rus kaz eng; do reads "$language" || words+=("tesseract-ocr-$language"); done
    if [ ${#words[@]} -ne 0 ]; then
        if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
            missing+=("${words[@]}")
        else
            say "no ${words[*]}: qa compares labels without reading them (Debian: sudo apt-get install ${words[*]})"
        fi
    fi
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "missing system packages: ${missing[*]}. Install them (Debian: sudo apt-get install ${missing[*]}), then run make setup again"
    fi
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    local log=$STATE/log/apt.log
    { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 \
        || { tail -n 20 "$log" >&2; fail "apt-get could not install ${missing[*]}; the whole log is $log"; }
}

install_uv() {
    local home=$STATE/uv
    local sum
    sum=$(sha256sum deploy/setup/uv.txt | cut -d' ' -f1)
    UV=$home/bin/uv
    [ "$(cat "$home/.ready" 2>/dev/null)" = "$sum" ] && return 0
    say "uv, in a virtual environment of its own"
    rm -rf "$home"
    "$(python311)" -m venv "$home"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/setup/uv.txt
    echo "$sum" >"$home/.ready"
}

bring_jars() {
    # Needs the standard library only, so that it runs beside the installation of the packages.
    PYTHONPATH=$ROOT/deploy/cli "$(python311)" -m trueshelf_cli.backing.jars "$ROOT"
}

install_packages() {
    export UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=$STATE/cache/uv UV_NO_PROGRESS=1
    # A run that was interrupted while packages were written may have left half of one: begin again, from the cache.
    if [ -e "$ROOT/.venv/.incomplete" ] || ! "$ROOT/.venv/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        rm -rf "$ROOT/.venv"
        "$UV" venv --quiet --python "$(python311)" "$ROOT/.venv"
    fi
    touch "$ROOT/.venv/.incomplete"
    say "Python packages from requirements.lock"
    "$UV" pip sync --quiet --python "$ROOT/.venv/bin/python" --require-hashes requirements.lock
    local members=() member
    for member in contracts services/* deploy/cli; do members+=(-e "$ROOT/$member"); done
    "$UV" pip install --quiet --python "$ROOT/.venv/bin/python" --no-deps --build-constraints deploy/setup/build.txt "${members[@]}"
    rm "$ROOT/.venv/.incomplete"
}

mkdir -p "$STATE/log" "$STATE/cache"
exec 9>"$STATE/setup.lock"
flock 9
stamp=$(wanted_stamp)
if [ "$(cat "$STAMP" 2>/dev/null)" = "$stamp" ] && [ -x .venv/bin/trueshelf ] && [ ! -e .venv/.incomplete ] \
    && command -v java >/dev/null; then
    exit 0
fi
rm -f "$STAMP"
system_packages
bring_jars &
jars=$!
trap 'kill "$jars" 2>/dev/null || true' INT TERM
install_uv
install_packages
wait "$jars" || fail "the jars of Kafka and S3Proxy are not here (see above)"
rm -rf "$STATE/m2"
echo "$stamp" >"$STAMP.new"
mv "$STAMP.new" "$STAMP"
say "ready: .venv/bin/trueshelf"
