#!/usr/bin/env bash
# A large mosaic inside a container's limits (a cgroup, v1 or v2: needs root): it has to complete by the memory and
# processors that it finds there, without being told. Fails if it does not, if the kernel had to kill, or if swath takes
# more threads or more memory for itself than the group has.
# usage: cgroup.sh [GIB=10] [MEMORY_MIB=512] [CPUS=0.5]      SWATH=path takes another binary
set -euo pipefail
cd "$(dirname "$0")/.."
gib=${1:-10} memory=${2:-512} cpus=${3:-0.5}
SWATH=$(scripts/binary.sh)
mkdir -p target
work=$(mktemp -d target/cgroup.XXXXXX)
name=swath-$$
quota=$(awk "BEGIN { print int($cpus * 100000) }")
groups=()
cleanup() {
    rm -rf "$work"
    for group in "${groups[@]}"; do rmdir "$group" || true; done
}
trap cleanup EXIT

set_limit() { # FILE VALUE
    if ! echo "$2" >"$1"; then
        echo "cgroup.sh: cannot set $1: this machine does not let us limit a group" >&2
        exit 1
    fi
}

if [[ -d /sys/fs/cgroup/memory ]]; then
    groups=(/sys/fs/cgroup/memory/$name /sys/fs/cgroup/cpu/$name)
    mkdir "${groups[@]}"
    set_limit "${groups[0]}/memory.limit_in_bytes" $((memory << 20))
    set_limit "${groups[1]}/cpu.cfs_period_us" 100000
    set_limit "${groups[1]}/cpu.cfs_quota_us" "$quota"
    killed() { awk '$1 == "oom_kill" { print $2 }' "${groups[0]}/memory.oom_control"; }
else
    groups=(/sys/fs/cgroup/$name)
    mkdir "${groups[0]}"
    set_limit "${groups[0]}/memory.max" $((memory << 20))
    set_limit "${groups[0]}/cpu.max" "$quota 100000"
    killed() { awk '$1 == "oom_kill" { print $2 }' "${groups[0]}/memory.events"; }
fi
inside() {
    for group in "${groups[@]}"; do echo $BASHPID >"$group/cgroup.procs"; done
    exec "$@"
}

# Tiles of 8192 x 8192 pixels, three bands of uint16: 384 MiB each. One is made, the others are moved copies.
count=$(((gib * 1024 + 383) / 384))
side=8192
echo "making $count tiles of $side x $side pixels, 3 bands of uint16: $((count * 384)) MiB of samples" >&2
"$SWATH" resize fixtures/landsat.tif "$work/tile_0.tif" --size $side,$side --resample bilinear --quiet
across=$(awk "BEGIN { print int(sqrt($count) + 0.999) }")
for ((i = 1; i < count; i++)); do
    cp "$work/tile_0.tif" "$work/tile_$i.tif"
done
for ((i = 0; i < count; i++)); do
    # Neighbours overlap by 192 pixels of 3 m.
    x=$((600000 + (i % across) * 24000)) y=$((7000000 - (i / across) * 24000))
    "$SWATH" edit "$work/tile_$i.tif" --transform="$x,3,0,$y,0,-3" --crs EPSG:32621 >/dev/null 2>&1
done

words=(mosaic "$work/tile_*.tif" -o "$work/out.tif" --method last --compress zstd --level 1)
(inside "$SWATH" plan --json "${words[@]}") >"$work/plan.json"
read -r threads allowed < <(python3 - "$work/plan.json" <<'PY'
import json, sys
plan = json.load(open(sys.argv[1]))
print(plan["threads"], plan["memory"]["allowed"])
PY
)
whole=$(awk "BEGIN { c = int($cpus); print c < 1 ? 1 : c }")
echo "in $memory MiB and $cpus processors swath takes $threads thread(s) and allows itself $((allowed >> 20)) MiB"
if ((threads > whole + 1 || allowed > memory << 20)); then
    echo "cgroup.sh: that is more than there is" >&2
    exit 1
fi
begun=$SECONDS
(inside "$SWATH" "${words[@]}" --json --quiet) >"$work/done.json" &
pid=$! own=0
# Pages of mapped files count as resident too, but the system takes them back: what the process has of its own does not go.
while [[ -d /proc/$pid ]]; do
    now=$(awk '$1 == "RssAnon:" { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
    if ((${now:-0} > own)); then own=$now; fi
    sleep 0.1
done
wait "$pid" || {
    echo "cgroup.sh: swath ended with $?; the kernel killed $(killed) process(es)" >&2
    exit 1
}
python3 - "$work/done.json" $((SECONDS - begun)) $((own >> 10)) <<'PY'
import json, sys
done, seconds, own = json.load(open(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
peak = done["peakMemory"] / (1 << 20)
print(f"{done['size'][0]} x {done['size'][1]} pixels of {done['inputs']['used']} files in {seconds} s, at most {own} MiB of its own ({peak:.0f} with pages of mapped files)")
PY
if ((own >> 10 > memory)); then
    echo "cgroup.sh: more than the limit" >&2
    exit 1
fi
if [[ $(killed) != 0 ]]; then
    echo "cgroup.sh: the kernel killed $(killed) process(es)" >&2
    exit 1
fi
"$SWATH" validate "$work/out.tif"
