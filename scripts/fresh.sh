#!/usr/bin/env bash
# The two commands of README.md as someone types them who has Rust and a C compiler and nothing else: in a fresh clone of the commit
# that is checked out, with no crate downloaded, nothing built, an empty home and no variables. As root, and where debootstrap is,
# in a chroot of Debian alone with gcc; else (or with --home) with this machine's programs. What the first writes must be a raster.
# Takes a release build, a build for tests, and the tests. usage: fresh.sh [--home]
set -euo pipefail
cd "$(dirname "$0")/.."
# The lines of the blocks of that section, as they are typed.
mapfile -t typed < <(awk '/^#/ { here = $0 == "## Two commands" } /^```/ { block = $0 == "```sh"; next } here && block' README.md)
if ((${#typed[@]} != 2)); then
    echo "fresh.sh: README.md has ${#typed[@]} commands where two are expected: ${typed[*]}" >&2
    exit 1
fi
rust=$(rustc --print sysroot)
work=$(mktemp -d)
root=
cleanup() {
    if [[ -n $root ]]; then
        # Innermost first; what is still mounted must not be deleted.
        for place in dev/null dev/urandom proc rust work; do
            if mountpoint -q "$root/$place"; then umount "$root/$place" || exit 1; fi
        done
    fi
    rm -rf "$work"
}
trap cleanup EXIT
mkdir "$work/in"
git -c advice.detachedHead=false -c init.defaultBranch=main clone --quiet . "$work/in/swath"
mkdir "$work/in/home"
# All that a command sees; its folder is the clone.
if [[ ${1:-} != --home ]] && ((EUID == 0)) && command -v debootstrap >/dev/null; then
    root=$work/root
    suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    debootstrap --variant=minbase --include=gcc,libc6-dev,ca-certificates "${suite:-stable}" "$root" >"$work/debootstrap.log" ||
        { tail -n 5 "$work/debootstrap.log" >&2 && exit 1; }
    mkdir -p "$root/rust" "$root/work"
    mount --bind -o ro "$rust" "$root/rust"
    mount --bind "$work/in" "$root/work"
    mount -t proc proc "$root/proc"
    # How this machine reaches others: names, and whom it trusts.
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    as_typed() { chroot "$root" /usr/bin/env -i HOME=/work/home CARGO_HOME=/work/home/.cargo PATH=/rust/bin:/usr/bin:/bin /bin/sh -ec "cd /work/swath && $1"; }
    echo "in a chroot of Debian ${suite:-stable} with $(grep -c . < <(chroot "$root" dpkg-query -W)) packages"
else
    as_typed() { (cd "$work/in/swath" && env -i HOME="$work/in/home" CARGO_HOME="$work/in/home/.cargo" PATH="$rust/bin:/usr/bin:/bin" /bin/sh -ec "$1"); }
    echo "in an empty home"
fi
for ((i = 0; i < 2; i++)); do
    echo "\$ ${typed[i]}"
    from=$SECONDS
    as_typed "${typed[i]}" >"$work/$i.log" 2>&1 || { tail -n 60 "$work/$i.log" && exit 1; }
    tail -n 1 "$work/$i.log"
    echo "($((SECONDS - from)) s)"
done
# The first names what it writes last before its options.
output=$work/in/swath/$(grep -oE '[^ ]+\.tif' <<<"${typed[0]}" | tail -n 1)
"$work/in/swath/target/release/swath" validate "$output"
if command -v gdalinfo >/dev/null; then
    gdalinfo -stats --config GDAL_PAM_ENABLED NO "$output" | grep -E '^Size is|ID\["EPSG",3857\]\]|STATISTICS_MEAN'
fi
tests=$(awk '/^test result: ok/ {n += $4} END {print n}' "$work/1.log")
cp "$work/in/swath/target/release/swath" "$work/swath"
strip "$work/swath"
echo "fresh: both commands work, $tests tests passed; the binary has $(stat -c %s "$work/swath") bytes without symbols"
((tests > 100))
