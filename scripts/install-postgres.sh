#!/bin/sh
# Installs PostgreSQL 15 with pgvector for the tests that need a real server. Safe to run again.
#
# Debian 12 packages no pgvector: it is built from the source package of Debian 13, which is taken from the mirror
# that this machine already uses and checked against Debian's own keyring.
set -eu

pgvector_version=0.8.0
source_suite=trixie
pg_config=/usr/lib/postgresql/15/bin/pg_config
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

give_up() {
  echo "install-postgres: $1" >&2
  echo 'Install PostgreSQL 15 or newer with pgvector by hand (https://github.com/pgvector/pgvector#installation)' >&2
  echo 'and set TORALE_POSTGRES_BIN to the folder of its initdb and postgres.' >&2
  exit 1
}

installed() {
  [ -x "$pg_config" ] && [ -e "$("$pg_config" --sharedir)/extension/vector.control" ]
}

if installed; then
  exit 0
fi
[ "$(id -u)" = 0 ] || give_up 'installing packages needs root.'
[ -r /etc/os-release ] && . /etc/os-release
[ "${ID:-} ${VERSION_ID:-}" = 'debian 12' ] || give_up "this script knows Debian 12 only, not ${PRETTY_NAME:-this system}."
[ -e "$keyring" ] || give_up "$keyring is missing, so packages could not be verified."

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends postgresql-15 postgresql-server-dev-15 build-essential dpkg-dev

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The mirror: from the URIs line (deb822) or the deb line of the suite that this system itself comes from.
mirror=$(
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '
    /^URIs:/ { uri = $2 }
    /^Suites:/ && $2 == "bookworm" { print uri; exit }
    $1 == "deb" { line = $0; sub(/\[[^]]*\] */, "", line); split(line, part, " ")
                  if (part[3] == "bookworm") { print part[2]; exit } }'
)
[ -n "$mirror" ] || give_up 'no mirror of Debian 12 found in the apt sources.'

# Lists and cache of their own: the machine's package sources stay as they are.
echo "deb-src [signed-by=$keyring] $mirror $source_suite main" >"$work/sources.list"
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/source"
chmod 755 "$work"
apt_trixie() {
  apt-get -q \
    -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$work/lists" -o Dir::Cache::archives="$work/archives" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}
apt_trixie update
cd "$work/source"
version=$(apt_trixie --print-uris source --download-only pgvector | sed -n "s/.*pgvector_\($pgvector_version-[^ ]*\)\.dsc.*/\1/p" | head -n 1)
[ -n "$version" ] || give_up "$source_suite has no pgvector $pgvector_version."
apt_trixie source "pgvector=$version"
cd "pgvector-$pgvector_version"
make -s PG_CONFIG="$pg_config" install

installed || give_up 'the build ended without vector.control.'
echo "PostgreSQL 15 with pgvector $pgvector_version is installed."
