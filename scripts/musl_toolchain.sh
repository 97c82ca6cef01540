#!/usr/bin/env bash
# For machines where rustup cannot add a target: lays a Rust compiler with x86_64-unknown-linux-musl into a folder, from Debian's
# packages (bookworm) and the Rust registry alone, and prints the path of its rustc. Nothing that is installed is changed, but
# that musl-tools and three libraries are added. usage: musl_toolchain.sh [DIR=target/musl/toolchain]
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${1:-target/musl/toolchain}"
dir=$(cd "${1:-target/musl/toolchain}" && pwd)
target=x86_64-unknown-linux-musl
if [[ -e $dir/done ]]; then
    echo "$dir/rustc"
    exit
fi
exec 3>&1 >&2
rm -rf "${dir:?}"/*
mkdir "$dir/packages"

# The C library and its compiler; what LLVM's library links.
apt-get update -qq
apt-get install -y -qq --no-upgrade --no-install-recommends musl-tools libxml2 libedit2 libz3-4
# Each package names the next: the compiler its library, and that LLVM, with their versions.
next() { apt-cache depends "$1" | sed -n "s/^ *Depends: \($2\)\$/\1/p" | head -n 1; }
std=$(next libstd-rust-web-dev 'libstd-rust-web-[0-9.]*')
llvm=$(next "$std" 'libllvm[0-9]*')
unwind=libunwind-14-dev
(cd "$dir/packages" && apt-get download -qq -o APT::Sandbox::User=root rustc-web libstd-rust-web-dev "$std" "$llvm" "$unwind" rust-web-src)
for package in "$dir"/packages/*.deb; do
    case $package in
    # Of sources, the library alone: a twentieth.
    */rust-web-src*) dpkg --fsys-tarfile "$package" | tar -x -C "$dir" --wildcards './usr/src/*/library' './usr/lib/*' ;;
    *) dpkg --fsys-tarfile "$package" | tar -x -C "$dir" ;;
    esac
done
rm -r "$dir/packages"
cat >"$dir/rustc" <<R
#!/bin/sh
LD_LIBRARY_PATH=$dir/usr/lib/x86_64-linux-gnu exec $dir/usr/bin/rustc "\$@"
R
chmod +x "$dir/rustc"
export RUSTC=$dir/rustc
sysroot=$("$RUSTC" --print sysroot)

# What rustup's target has beside the library: the start-up code and library of C, and an unwinder. gcc's own wants a function
# of glibc, so it is LLVM's, in which one check of glibc's must be replaced.
own=$sysroot/lib/rustlib/$target/lib/self-contained
mkdir -p "$own"
cp /usr/lib/x86_64-linux-musl/{rcrt1.o,crt1.o,crti.o,crtn.o,libc.a} "$own"
for object in crtbegin.o crtbeginS.o crtend.o crtendS.o; do
    cp "$(gcc -print-file-name=$object)" "$own"
done
cp "$(find "$dir/usr/lib" -name libunwind.a -type f)" "$own/libunwind.a"
cat >"$dir/check.c" <<'C'
#include <stdarg.h>
#include <stdio.h>
int __fprintf_chk(FILE *to, int flag, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    int written = vfprintf(to, format, rest);
    va_end(rest);
    return written;
}
C
musl-gcc -O2 -fPIC -c "$dir/check.c" -o "$dir/check.o"
ar r "$own/libunwind.a" "$dir/check.o"

# The library, once, as a target of this compiler: later builds are ordinary ones.
mkdir -p "$dir/std/src"
touch "$dir/std/src/lib.rs"
cat >"$dir/std/Cargo.toml" <<'T'
[package]
name = "std-for-musl"
edition = "2024"
[workspace]
T
# Names of places stay out of it: of this folder, and of cargo's, which has a folder for the registry once something is fetched.
remap="--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rust"
cargo fetch --locked
for crates in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    remap+=" --remap-path-prefix=$crates=/crates"
done
(
    cd "$dir/std"
    # Users may link with optimisation across crates, which takes bitcode.
    export RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C embed-bitcode=yes $remap"
    export CARGO_PROFILE_RELEASE_PANIC=unwind CARGO_TARGET_DIR=target
    # Without traces of calls: a stripped binary has no names for them, and they take 0.2 MB.
    cargo build --release --target $target -Zbuild-std=std,panic_unwind,panic_abort -Zbuild-std-features=panic-unwind
    cp target/$target/release/deps/lib*.rlib "$own/.."
    rm -f "$own"/../libstd_for_musl-*
)
rm -r "$dir/std"
"$RUSTC" --version
touch "$dir/done"
exec >&3
echo "$dir/rustc"
