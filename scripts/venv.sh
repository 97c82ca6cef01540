#!/usr/bin/env bash
# Makes (or reuses) a throwaway Python environment and prints its interpreter.
# usage: venv.sh DIR REQUIREMENTS.TXT
# The newest Python found is taken: newer ones get wheels with a newer GDAL.
set -euo pipefail
dir=$1 requirements=$2

newest_python() {
    local candidate
    for candidate in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python3 python3.13 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.*/bin/python3 python3.12 python3; do
        if "$candidate" -c 'import venv, sys; assert sys.version_info >= (3, 10)' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "venv.sh: no Python 3.10 or newer found" >&2
    return 1
}

# Debian splits ensurepip off into python3-venv.
make_venv() {
    "$1" -m venv "$dir" >&2 && return
    rm -rf "$dir"
    echo "venv.sh: $1 cannot make an environment; installing python3-venv" >&2
    apt-get update -qq >&2 && apt-get install -y -qq python3-venv >&2
    python3 -m venv "$dir" >&2
}

stamp=$dir/requirements.sha256
wanted=$(cat "$requirements" "$(dirname "$0")/../benches/vs_gdal/requirements.txt" | sha256sum)
if [[ ! -e $stamp || $(<"$stamp") != "$wanted" ]]; then
    rm -rf "$dir"
    mkdir -p "$(dirname "$dir")"
    make_venv "$(newest_python)"
    "$dir/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$requirements" >&2
    echo "$wanted" >"$stamp"
fi
echo "$dir/bin/python"
