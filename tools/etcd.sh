#!/usr/bin/env bash
# Puts etcd into the folder $1/bin: the one that is installed, else Debian's package etcd-server, unpacked into $1/etcd.
# Needs no root: apt keeps its lists and downloads under $1/etcd.
set -euo pipefail
prefix=$(cd "$1" && pwd)
if installed=$(command -v etcd); then
  ln -sf "$installed" "$prefix/bin/etcd"
  exit
fi
command -v apt-get >/dev/null || { echo "etcd is missing, and there is no apt-get to fetch it: install etcd 3.4 or newer"; exit 1; }
mkdir -p "$prefix"/etcd/{lists,cache}/partial "$prefix/etcd/cache/archives/partial"
cd "$prefix/etcd"
apt=(apt-get -qq -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache=$PWD/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update && "${apt[@]}" download etcd-server || { echo "etcd is missing: apt install etcd-server"; exit 1; }
dpkg-deb -x etcd-server_*.deb .
rm -rf lists cache etcd-server_*.deb
ln -sf "$prefix/etcd/usr/bin/etcd" "$prefix/bin/etcd"
