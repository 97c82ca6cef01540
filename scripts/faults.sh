#!/usr/bin/env bash
# What is left when a run is killed, the disk is full or fails, or the target cannot be written: the old target, or nothing.
# The calls that fail are made to by strace.
# usage: faults.sh [KILLS=20] [SIZE=2048]      SWATH=path takes another binary
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-20} size=${2:-2048} failed=0 passed=0
python=$(scripts/venv.sh target/vs_gdal/venv benches/vs_gdal/requirements.txt)
"$python" benches/vs_gdal/generate.py target/vs_gdal/data --size "$size" scene_deflate
SWATH=$(scripts/binary.sh)
input=$(realpath "target/vs_gdal/data/scene_deflate_$size.tif")
work=$(mktemp -d)
mounted=
cleanup() {
    [[ -n $mounted ]] && umount "$mounted"
    rm -rf "$work"
}
trap cleanup EXIT
RANDOM=20261123

good() {
    ((++passed))
    echo "ok      $*"
}
bad() {
    ((++failed))
    echo "FAILED  $*"
}
# The words of a run: warp and convert by turns.
words() {
    if [[ $1 == warp ]]; then
        echo warp "$input" "$2" --to EPSG:3857 --resample bilinear --overwrite --quiet
    else
        echo convert "$input" "$2" --overwrite --quiet
    fi
}
sha() { sha256sum <"$1"; }

# --- kill -9 at random moments, with an old target and without one
for verb in warp convert; do
    folder=$work/kill-$verb
    mkdir "$folder"
    from=$(date +%s%N)
    "$SWATH" $(words $verb "$folder/whole.tif")
    lasts=$((($(date +%s%N) - from) / 1000000))
    whole=$(sha "$folder/whole.tif")
    rm "$folder/whole.tif"
    echo "an old target" >"$folder/old.tif"
    old=$(sha "$folder/old.tif") killed=0 ended=0 torn=0
    for ((i = 0; i < kills; i++)); do
        target=$folder/old.tif
        ((i % 2)) && target=$folder/new.tif
        "$SWATH" $(words $verb "$target") </dev/null &
        pid=$!
        # $RANDOM is 15 bits: in thousandths of the time a whole run takes.
        sleep "$(printf '%d.%03d' $((lasts * RANDOM / 32768 / 1000)) $((lasts * RANDOM / 32768 % 1000)))"
        kill -9 $pid 2>/dev/null || true
        if wait $pid 2>/dev/null; then ((++ended)); else ((++killed)); fi
        # A run that was killed after its rename has written all of the target.
        if [[ -e $folder/new.tif ]]; then
            [[ $(sha "$folder/new.tif") == "$whole" ]] || ((++torn))
            rm "$folder/new.tif"
        fi
        now=$(sha "$folder/old.tif")
        [[ $now == "$old" || $now == "$whole" ]] || ((++torn))
        [[ $now == "$old" ]] || echo "an old target" >"$folder/old.tif"
    done
    left=$(find "$folder" -type f ! -name old.tif | wc -l)
    note="kill -9 $verb: $kills runs, $killed killed, $ended ended before, $torn torn, $left leftover files"
    if ((torn == 0 && killed > 0)); then good "$note"; else bad "$note"; fi
    find "$folder" -type f ! -name old.tif -printf '        left: %f (%s bytes)\n' | head -5
    rm -rf "$folder"
done

# --- kill -9 of edits: the file says the old or the new, all of it, and its pixels stay
folder=$work/kill-edit
mkdir "$folder"
"$SWATH" convert "$input" "$folder/first.tif" --quiet
# Of the pixels in GDAL's eyes, and of everything that is edited.
cat >"$folder/look.py" <<'P'
import hashlib, sys
import rasterio
with rasterio.open(sys.argv[1]) as f:
    said = [f.nodata, f.crs.to_epsg(), f.descriptions[0], f.tags().get("A"), f.tags().get("B"), *f.overviews(1)]
    pixels = hashlib.sha256(f.read().tobytes())
for level in range(len(said) - 5):
    with rasterio.open(sys.argv[1], overview_level=level) as f:
        pixels.update(f.read().tobytes())
print(*said, pixels.hexdigest(), sep="|")
P
look() { "$python" "$folder/look.py" "$1"; }
# Runs a command and prints how many microseconds it takes; or kills it after so many, and fails if it had not ended.
cat >"$folder/strike.py" <<'P'
import subprocess, sys, time
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL)
begun = time.perf_counter()
if sys.argv[1] == "never":
    child.wait()
    print(int((time.perf_counter() - begun) * 1e6))
else:
    while time.perf_counter() - begun < int(sys.argv[1]) / 1e6:
        pass
    child.kill()
sys.exit(child.wait() != 0)
P
fields=(--nodata 77 --crs EPSG:3857 --description 1=new --tag A=new --tag B=new)
for how in edit "edit --rewrite" "overviews --levels 2,8"; do
    # The process that is killed is swath itself, not a shell around it: an edit lasts a few milliseconds.
    change() {
        local words=($how)
        if [[ ${words[0]} == edit ]]; then words+=("${fields[@]}"); fi
        "$python" "$folder/strike.py" "$1" "$SWATH" "${words[@]}" "$2" --quiet
    }
    cp "$folder/first.tif" "$folder/whole.tif"
    lasts=$(change never "$folder/whole.tif")
    old=$(look "$folder/first.tif") new=$(look "$folder/whole.tif")
    killed=0 ended=0 torn=0 was_old=0
    for ((i = 0; i < kills; i++)); do
        cp "$folder/first.tif" "$folder/edited.tif"
        if change $((lasts * RANDOM / 32768)) "$folder/edited.tif"; then ((++ended)); else ((++killed)); fi
        now=$(look "$folder/edited.tif" || echo unreadable)
        [[ $now == "$old" || $now == "$new" ]] || ((++torn))
        [[ $now == "$old" ]] && ((++was_old))
    done
    left=$(find "$folder" -name '.*' -type f | wc -l)
    find "$folder" -name '.*' -type f -delete
    note="kill -9 $how: $kills runs, $killed killed, $ended ended before, $was_old old after it, $torn torn, $left leftover files"
    if ((torn == 0 && killed > 0 && was_old > 0)) && [[ $old != "$new" ]]; then good "$note"; else bad "$note"; fi
done
rm -rf "$folder"

# --- kill -9 of batches at random moments, each run going on where the last was killed: the tree of an undisturbed run
mkdir -p "$work"/many/{0,1,2}
for ((i = 0; i < 24; i++)); do
    "$SWATH" convert "$input" "$work/many/$((i % 3))/$i.tif" --window $((i * 16)),$((i * 8)),512,512 --quiet
done
batch() {
    exec "$SWATH" batch calc "$work/many" --to-dir "$1" --journal "$work/batch.journal" --resume --quiet -- 'sqrt(A) * 3' --compress deflate
}
hashes() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }
from=$(date +%s%N)
(batch "$work/undisturbed") </dev/null
rm "$work/batch.journal"
lasts=$((($(date +%s%N) - from) / 1000000))
hashes "$work/undisturbed" >"$work/wanted"
killed=0 ended=0 torn=0 rounds=0
while ((killed < kills && rounds < kills * 4)); do
    rm -rf "$work/disturbed" "$work/batch.journal"
    for ((i = 0; i < 5; i++, rounds++)); do
        (batch "$work/disturbed") </dev/null 2>/dev/null &
        pid=$!
        sleep "$(printf '%d.%03d' $((lasts * RANDOM / 32768 / 2000)) $((lasts * RANDOM / 65536 % 1000)))"
        kill -9 $pid 2>/dev/null || true
        if wait $pid 2>/dev/null; then ((++ended)); else ((++killed)); fi
    done
    (batch "$work/disturbed") </dev/null
    hashes "$work/disturbed" | cmp -s - "$work/wanted" || ((++torn))
done
note="kill -9 batch, then --resume: $killed killed, $ended ended before, $torn trees that differ from the undisturbed one"
if ((torn == 0 && killed > 0)) && [[ $(wc -l <"$work/wanted") == 24 ]]; then good "$note"; else bad "$note"; fi
# --- the clock jumps by decades, forwards, back, before 1970, while a batch runs and between its runs: the same tree, nothing made again
faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
if [[ ! -e $faketime ]]; then
    apt-get install -y -qq libfaketime >/dev/null 2>&1 || true
    faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
fi
# A command whose clock is as many days off as a file says at each moment. What measures time is not what jumps on a real machine,
# and files have the times that their file system gives them.
jumping() { env LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$work/days" FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 "$@"; }
echo +4000d >"$work/days"
if [[ $(jumping date +%s 2>/dev/null || echo 0) -gt $(($(date +%s) + 300000000)) ]]; then
    rm -rf "$work/disturbed" "$work/batch.journal"
    (
        for ((i = 0; ; i++)); do
            days=(+40000d -9000d +12d -30000d -1d +0)
            # Named anew, so that it is never read half written.
            echo "${days[i % 6]}" >"$work/days.new" && mv "$work/days.new" "$work/days"
            sleep 0.02
        done
    ) &
    jumper=$!
    # Each line of --log asks for the time of day.
    status=0
    (jumping "$SWATH" batch calc "$work/many" --to-dir "$work/disturbed" --journal "$work/batch.journal" --resume --log info \
        --metrics "$work/metrics" -- 'sqrt(A) * 3' --compress deflate) </dev/null 2>"$work/stderr" || status=$?
    kill $jumper
    wait $jumper 2>/dev/null || true
    dates=$(grep -oE '^[0-9-]{4,6}-[0-9]{2}-[0-9]{2}T' "$work/stderr" | sort -u | wc -l)
    same=0 again=0
    hashes "$work/disturbed" | cmp -s - "$work/wanted" && same=1
    for days in -30000d +40000d; do
        echo $days >"$work/days"
        (jumping "$SWATH" batch calc "$work/many" --to-dir "$work/disturbed" --journal "$work/batch.journal" --resume --quiet --report - \
            -- 'sqrt(A) * 3' --compress deflate) </dev/null >"$work/report" || status=$?
        again=$((again + 24 - $(grep -oE '"state": *"skipped"' "$work/report" | wc -l)))
    done
    note="clock jumps, batch: ended with $status, $dates dates in its log, same tree: $same, $again made again by --resume"
    if ((status == 0 && dates > 1 && same && again == 0)); then good "$note"; else bad "$note"; fi
else
    echo "SKIPPED clock jumps: libfaketime is not to be had, or the binary is static"
fi
rm -rf "$work/many" "$work/undisturbed" "$work/disturbed" "$work/batch.journal"

# --- each kind of call that writes fails once, early or late: the message, the old target, nothing beside it
injected() {
    local call=$1 when=$2 verb=$3 error=$4 folder=$work/injected status=0
    rm -rf "$folder"
    mkdir "$folder"
    echo "an old target" >"$folder/old.tif"
    local old said others
    old=$(sha "$folder/old.tif")
    # shellcheck disable=SC2046
    strace -f -o "$work/calls" -e "trace=$call" -e "inject=$call:error=$error:when=$when" \
        "$SWATH" $(words "$verb" "$folder/old.tif") </dev/null >/dev/null 2>"$work/stderr" || status=$?
    if ! grep -q INJECTED "$work/calls"; then
        bad "$error of $call $when, $verb: was never called"
        return
    fi
    said=$(sed '/^strace/d; q' "$work/stderr")
    others=$(find "$folder" -type f ! -name old.tif | wc -l)
    if ((status == 101 || status > 128 || others)); then
        bad "$error of $call $when, $verb: ended with $status, $others files left: $said"
    elif ((status == 0)); then
        # What a file system lacks is done another way; nothing else may pass.
        if [[ $error == EOPNOTSUPP ]] && cmp -s "$folder/old.tif" "$work/sound-$verb.tif"; then
            good "$error of $call $when, $verb: done another way"
        else
            bad "$error of $call $when, $verb: ended with 0"
        fi
    elif [[ $(sha "$folder/old.tif") != "$old" || -z $said ]]; then
        bad "$error of $call $when, $verb: the old target was changed, or no word said: $said"
    else
        good "$error of $call $when, $verb: ended with $status: $said"
    fi
}
command -v strace >/dev/null || apt-get install -y -qq strace >/dev/null || true
if strace -o /dev/null true 2>/dev/null; then
    for verb in warp convert; do
        "$SWATH" $(words $verb "$work/sound-$verb.tif")
        for when in 1 7; do injected pwrite64 $when $verb EIO; done
        injected pwrite64 3 $verb ENOSPC
        injected fsync 1 $verb EIO
        injected fallocate 1 $verb EOPNOTSUPP
        injected rename,renameat,renameat2,linkat 1 $verb EIO
        # What is opened last are the output and its scratch files.
        strace -f -o "$work/calls" -e trace=openat "$SWATH" $(words $verb "$work/opened.tif") </dev/null
        opens=$(grep -c 'openat(' "$work/calls")
        for when in $((opens - 1)) $opens; do injected openat "$when" $verb EMFILE; done
    done
    # Calls that are interrupted are made again.
    for call in pwrite64 pread64; do
        rm -f "$work/interrupted.tif"
        strace -f -o "$work/calls" -e trace=$call -e "inject=$call:error=EINTR:when=5+3" \
            "$SWATH" convert "$input" "$work/interrupted.tif" --io pread --overwrite --quiet </dev/null || true
        if grep -q INJECTED "$work/calls" && cmp -s "$work/interrupted.tif" "$work/sound-convert.tif"; then
            good "EINTR of each third $call: the same bytes"
        else
            bad "EINTR of each third $call"
        fi
    done
else
    echo "SKIPPED calls that fail: strace may not be used here"
fi

# --- targets that are no files, links, files that are there
folder=$work/targets
mkdir "$folder"
mkfifo "$folder/fifo.tif"
mkdir "$folder/folder.tif"
echo "what a link leads to" >"$folder/real.tif"
ln -s real.tif "$folder/link.tif"
ln -s nowhere "$folder/dangling.tif"
# Words, target, what must be said.
refused() {
    local status=0
    timeout 20 "$SWATH" convert "$input" "$folder/$2" --quiet $1 </dev/null 2>"$work/stderr" || status=$?
    if ((status > 0 && status != 101 && status < 124)) && grep -q "$2" "$work/stderr"; then
        good "target $2 $1: ended with $status: $(head -1 "$work/stderr")"
    else
        bad "target $2 $1: ended with $status: $(head -1 "$work/stderr")"
    fi
}
for target in fifo.tif folder.tif dangling.tif; do
    refused "" $target
    refused --overwrite $target
done
refused "" real.tif
refused "" link.tif
[[ -p $folder/fifo.tif && -d $folder/folder.tif && -L $folder/dangling.tif && $(<"$folder/real.tif") == "what a link leads to" ]] &&
    good "targets that were refused are as they were" || bad "a target that was refused was changed"
refused "--overwrite" link.tif
[[ -L $folder/link.tif && $(<"$folder/real.tif") == "what a link leads to" ]] || bad "a link with --overwrite changed something"
"$SWATH" convert "$input" "$folder/link.tif" --overwrite --follow-links --quiet || true
if [[ -L $folder/link.tif ]] && "$SWATH" validate --quiet "$folder/real.tif" >/dev/null 2>&1; then
    good "a link is refused with --overwrite, and followed with --follow-links: what it leads to is replaced"
else
    bad "a link with --overwrite: $(ls -l "$folder" | tail -n +2 | tr '\n' ';')"
fi
rm -rf "$folder"

# A run that must fail: error, no crash, the old target as it was and nothing else beside it.
must_fail() {
    local name=$1 target=$2 runner=$3 verb status=0 before
    verb=${4:-warp}
    before=$(sha "$target")
    (
        [[ $runner == limit ]] && ulimit -f 64
        trap '' XFSZ
        exec "$SWATH" $(words "$verb" "$target") </dev/null
    ) 2>"$work/stderr" || status=$?
    local said others
    said=$(head -1 "$work/stderr")
    others=$(find "$(dirname "$target")" -type f ! -name "$(basename "$target")" | wc -l)
    if ((status == 0)); then
        bad "$name, $verb: ended with 0"
    elif ((status == 101 || status > 128)); then
        bad "$name, $verb: crashed with $status: $said"
    elif [[ $(sha "$target") != "$before" ]]; then
        bad "$name, $verb: the old target was changed"
    elif ((others)); then
        bad "$name, $verb: $others files left beside the target"
    elif [[ -z $said ]]; then
        bad "$name, $verb: ended with $status without a word"
    else
        good "$name, $verb: ended with $status: $said"
    fi
}

# --- disk full
mkdir "$work/small"
if mount -t tmpfs -o size=1m tmpfs "$work/small" 2>/dev/null; then
    mounted=$work/small
    echo "an old target" >"$work/small/old.tif"
    for verb in warp convert; do must_fail "disk full" "$work/small/old.tif" plain $verb; done
else
    echo "SKIPPED disk full on a small file system: mount is not permitted here"
fi
mkdir "$work/limit"
echo "an old target" >"$work/limit/old.tif"
for verb in warp convert; do must_fail "file size limit" "$work/limit/old.tif" limit $verb; done

# --- a folder that cannot be written (root may write anywhere: then as another user, or on a read-only mount)
mkdir "$work/closed"
echo "an old target" >"$work/closed/old.tif"
if [[ -n $mounted ]]; then
    umount "$mounted"
    mounted=
    mount -t tmpfs -o size=1m tmpfs "$work/closed" && mounted=$work/closed
    echo "an old target" >"$work/closed/old.tif"
    mount -o remount,ro "$work/closed"
    for verb in warp convert; do must_fail "read-only folder" "$work/closed/old.tif" plain $verb; done
elif ((EUID != 0)); then
    chmod a-w "$work/closed"
    for verb in warp convert; do must_fail "read-only folder" "$work/closed/old.tif" plain $verb; done
    chmod u+w "$work/closed"
else
    echo "SKIPPED read-only folder: root without the right to mount"
fi

echo "faults: $passed passed, $failed failed"
((failed == 0))
