#!/usr/bin/env bash
# The image of a static binary, run by runc as others would: not as root, its root read-only, memory and processors limited. The
# layout is read by skopeo and unpacked by umoci, which know nothing of how it was made. Needs root.
# usage: container.sh [STATIC=by musl.sh]
set -euo pipefail
cd "$(dirname "$0")/.."
static=$(realpath "${1:-$(scripts/musl.sh)}")
for tool in runc skopeo umoci; do
    command -v $tool >/dev/null || apt-get install -y -qq --no-upgrade --no-install-recommends runc skopeo umoci >/dev/null
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
# NAME COMMAND ...: it succeeds.
check() {
    if "${@:2}"; then
        passed=$((passed + 1))
        echo "ok      $1"
    else
        failed=$((failed + 1))
        echo "FAILED  $1"
    fi
}

first=$(scripts/image.sh "$static" "$work/image" test)
echo "image: $first; the binary has $(stat -c %s "$static") bytes"
cp "$static" "$work/copy"
touch -d 2001-01-01 "$work/copy"
check 'made again, the same image' test "$first" = "$(scripts/image.sh "$work/copy" "$work/again" test)"
says() { grep -qF -- "$2" <<<"$1"; }
digest=$(skopeo inspect --format '{{.Digest}}' "oci:$work/image:test")
check "skopeo reads it: $digest" says "$first" "$digest"
umoci unpack --image "$work/image:test" "$work/bundle"
files=$(cd "$work/bundle/rootfs" && find . -type f | sort | tr '\n' ' ')
check "all its files: $files" test "$files" = "./usr/bin/swath ./usr/share/licenses/swath/LICENSE-APACHE ./usr/share/licenses/swath/LICENSE-MIT "

# Three bands of 4560 x 4080 pixels: 106 MiB.
mkdir -m 777 "$work/data"
"$static" convert fixtures/landsat.tif "$work/data/in.tif" --resolution 5 --quiet
# MEMORY CPUS WORDS ...: swath in a container of so many bytes and processors; what it says is on stdout.
run() {
    python3 - "$work/bundle/config.json" "$work/data" "$@" <<'P'
import json
import sys

path, data, memory, cpus, *words = sys.argv[1:]
with open(path) as file:
    config = json.load(file)
process, linux = config["process"], config["linux"]
# umoci takes the user from the image; what is said here is what an engine says by options.
process["terminal"], process["args"] = False, ["/usr/bin/swath", *words]
config["root"]["readonly"] = True
config["mounts"] = [mount for mount in config["mounts"] if mount["destination"] not in ("/data", "/etc/resolv.conf")]
config["mounts"].append({"destination": "/data", "type": "bind", "source": data, "options": ["bind", "rw"]})
linux["resources"] = {
    "memory": {"limit": int(memory), "swap": int(memory)},
    "cpu": {"period": 100000, "quota": int(float(cpus) * 100000)},
}
with open(path, "w") as file:
    json.dump(config, file)
P
    runc run --bundle "$work/bundle" "swath-test-$$" 2>&1
}
MiB=1048576
defaults() { sed -n 's/^defaults here: //p'; }
ours=$("$static" --version --verbose | defaults)
for row in "128 0.5 1 64" "512 1 1 128" "1024 2 2 256"; do
    read -r limit cpus threads memory <<<"$row"
    said=$(run $((limit * MiB)) "$cpus" --version --verbose | defaults) || true
    # No more threads than the machine has, whatever is allowed.
    ((threads <= $(nproc))) || threads=$(nproc)
    check "in $limit MiB and $cpus processors: ${said:-nothing is said} (here: $ours)" \
        test "$said" = "--threads $threads --memory $((memory * MiB))"
done

warp=(--to EPSG:3857 --resample bilinear --quiet)
said=$(run $((128 * MiB)) 1 warp in.tif out.tif "${warp[@]}") || echo "it ended with $?: $said"
"$static" warp "$work/data/in.tif" "$work/out.tif" "${warp[@]}"
check 'warp of a mounted file in 128 MiB: the bytes of the same binary outside' cmp "$work/data/out.tif" "$work/out.tif"
check 'the output belongs to uid 65532' test "$(stat -c %u "$work/data/out.tif")" = 65532
status=0
said=$(run $((128 * MiB)) 1 convert in.tif /out.tif --quiet) || status=$?
check "nothing is written to the image's root: exit code $status, $said" test $status = 5
rm -f "$work/data/out.tif"
chmod 755 "$work/data"
status=0
said=$(run $((128 * MiB)) 1 convert in.tif out.tif --quiet) || status=$?
check "nor where uid 65532 may not: exit code $status, $said" test $status = 5
echo "container: $passed passed, $failed failed"
((failed == 0))
