#!/usr/bin/env bash
# The kernel tests on AArch64: the extension cross-compiled, Debian's Python for arm64, both under qemu's user emulation.
#
#   tools/aarch64.sh setup|build|test [pytest arguments]     each does those before it; PYTHON is a Python 3.11 with pip,
#                                                              pybind11, cmake and ninja (make aarch64 gives its own)
#
# Debian packages: g++-12-aarch64-linux-gnu qemu-user. The arm64 packages are fetched by apt into build/aarch64 and unpacked there,
# without root and without touching the system's own package state; Python packages are wheels for aarch64.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
room=$PWD/build/aarch64
sysroot=$room/sysroot
site=$room/site      # wheels
package=$room/package  # assay: its Python files and the extension
emulated=$sysroot/usr/bin/python3-emulated
debian_packages=(python3.11 libpython3.11-dev libstdc++6)
python_packages=(numpy cffi cryptography pytest pytest-xdist py_ecc pycryptodome hypothesis gmpy2 typer rich)

arm64_apt() {
  apt-get -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$room/apt" -o Dir::State::status="$room/apt/status" \
    -o Dir::Cache="$room/apt" -o Dir::Etc::parts=/dev/null -o Debug::NoLocking=true -qq "$@"
}

setup() {
  for tool in aarch64-linux-gnu-g++-12 qemu-aarch64; do
    command -v $tool >/dev/null || { echo "$tool is missing: apt install g++-12-aarch64-linux-gnu qemu-user"; exit 1; }
  done
  [ "$room/.ready" -nt constraints.txt ] && [ "$room/.ready" -nt tools/aarch64.sh ] && return
  rm -rf "$sysroot" "$site"
  mkdir -p "$room"/apt/{lists,archives}/partial "$sysroot"
  : >"$room/apt/status"  # nothing is installed: apt fetches the packages with all that they stand on
  arm64_apt update
  arm64_apt install --yes --download-only --no-install-recommends "${debian_packages[@]}"
  for archive in "$room"/apt/archives/*.deb; do dpkg -x "$archive" "$sysroot"; done
  "$python" -m pip --disable-pip-version-check --quiet install --target "$site" -c constraints.txt --only-binary=:all: \
    --implementation cp --python-version 3.11 --platform manylinux_2_28_aarch64 --platform manylinux2014_aarch64 \
    "${python_packages[@]}"
  # Python takes this for its own path, so processes that tests start run under the emulator too.
  cat >"$emulated" <<END
#!/bin/sh
exec qemu-aarch64 -L "$sysroot" -0 "\$0" "$sysroot/usr/bin/python3.11" "\$@"
END
  chmod +x "$emulated"
  touch "$room/.ready"
}

build() {
  setup
  local bin
  bin=$(dirname "$(command -v "$python")")
  PATH=$bin:$PATH cmake -S . -B "$room/cmake" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64-linux-gnu.cmake" \
    -DCMAKE_CXX_FLAGS="-idirafter $sysroot/usr/include" -DPython_EXECUTABLE="$(command -v "$python")" \
    -DPython_INCLUDE_DIR="$sysroot/usr/include/python3.11" -DPYTHON_MODULE_EXTENSION=.cpython-311-aarch64-linux-gnu.so \
    -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)" >"$room/cmake.log" || { cat "$room/cmake.log"; exit 1; }
  PATH=$bin:$PATH cmake --build "$room/cmake"
  rm -rf "$package"
  mkdir -p "$package"
  cp -r python/assay "$package"
  rm -f "$package"/assay/_native*.so
  cp "$room"/cmake/bindings/_native*.so "$package/assay"
}

run_tests() {
  build
  PYTHONPATH=$package:$site PYTHONDONTWRITEBYTECODE=1 "$emulated" -m pytest -p no:cacheprovider "$@"
}

case ${1:-} in
  setup) setup ;;
  build) build ;;
  test) shift; run_tests "$@" ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
