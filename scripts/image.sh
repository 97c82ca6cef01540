#!/usr/bin/env bash
# An OCI image of one static binary, FROM scratch, as a layout in a folder; needs python3 and no container engine. The image has
# the binary and the licences: no shell, no libraries. It runs as uid 65532 in /data, where rasters are to be mounted, and writes
# nowhere else. Equal binaries give equal images (the compressed layer may differ with another version of zlib).
# usage: image.sh BIN OUTDIR TAG
set -euo pipefail
bin=$(realpath "${1:?a static binary}") out=$(realpath -m "${2:?a folder for the layout}") tag=${3:?a tag}
cd "$(dirname "$0")/.."
exec python3 - "$bin" "$out" "$tag" <<'P'
import gzip
import hashlib
import io
import json
import shutil
import struct
import sys
import tarfile
from pathlib import Path

binary, out, tag = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]), sys.argv[3]

# What needs a loader would not start where there is none.
if binary[:6] != b"\x7fELF\x02\x01":
    sys.exit("no 64-bit ELF file")
machine = struct.unpack_from("<H", binary, 18)[0]
architecture = {62: "amd64", 183: "arm64"}.get(machine) or sys.exit(f"a machine of kind {machine}")
headers, size, count = *struct.unpack_from("<Q", binary, 32), *struct.unpack_from("<HH", binary, 54)
if any(struct.unpack_from("<I", binary, headers + i * size)[0] == 3 for i in range(count)):
    sys.exit("the binary is linked dynamically: scripts/musl.sh makes one that is not")


def entry(name, mode, content=None):
    info = tarfile.TarInfo(name)
    info.type, info.mode = (tarfile.DIRTYPE, mode) if content is None else (tarfile.REGTYPE, mode)
    info.size = len(content or b"")
    layer.addfile(info, io.BytesIO(content or b""))


packed = io.BytesIO()
# Times, owners and order are the same whoever makes it.
with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as layer:
    entry("data", 0o755)
    for folder in "usr", "usr/bin":
        entry(folder, 0o755)
    entry("usr/bin/swath", 0o755, binary)
    for folder in "usr/share", "usr/share/licenses", "usr/share/licenses/swath":
        entry(folder, 0o755)
    for licence in "LICENSE-APACHE", "LICENSE-MIT":
        entry(f"usr/share/licenses/swath/{licence}", 0o644, Path(licence).read_bytes())
layer = packed.getvalue()

if out.exists() and not (out / "oci-layout").exists():
    sys.exit(f"{out} is there, and is no layout")
shutil.rmtree(out, ignore_errors=True)
(out / "blobs/sha256").mkdir(parents=True)


def blob(kind, content):
    digest = hashlib.sha256(content).hexdigest()
    (out / "blobs/sha256" / digest).write_bytes(content)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}


def text(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


version = next(line.split('"')[1] for line in Path("Cargo.toml").read_text().splitlines() if line.startswith("version = "))
labels = {
    "org.opencontainers.image.title": "swath",
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
}
config = {
    "architecture": architecture,
    "os": "linux",
    "config": {"User": "65532:65532", "Entrypoint": ["/usr/bin/swath"], "WorkingDir": "/data", "Env": ["PATH=/usr/bin"], "Labels": labels},
    "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "scripts/image.sh"}],
}
manifest = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": blob("config.v1+json", text(config)),
    "layers": [blob("layer.v1.tar+gzip", gzip.compress(layer, 9, mtime=0))],
    "annotations": labels,
}
place = blob("manifest.v1+json", text(manifest)) | {
    "annotations": {"org.opencontainers.image.ref.name": tag},
    "platform": {"architecture": architecture, "os": "linux"},
}
(out / "index.json").write_bytes(text({"schemaVersion": 2, "manifests": [place]}))
(out / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
print(f"{place['digest']} {architecture}: {len(layer)} bytes, {manifest['layers'][0]['size']} compressed")
P
