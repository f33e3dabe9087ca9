#!/usr/bin/env bash
# Brings a static build to the bucket of the pages, and makes the edge forget what changed.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/deploy-frontend.sh APP ENVIRONMENT --build FOLDER [options]

Uploads what differs, files that carry a hash in their name first and pages last, so that no page ever names a file that is not there; then
refreshes CloudFront and waits for it. Run again with the same build it changes nothing. What is not in the build any more stays, since
pages that people have open name it; --prune removes it.

  --build FOLDER          the finished static build (with an index.html)
  --run COMMAND           makes the build before, with the variables of the stack's output frontend_environment
  --outputs FILE          `terraform output -json` of the stack (default: asks infra/terraform/stacks/APP)
  --bucket NAME  --distribution ID  --region REGION
                          instead of, or without, those outputs
  --refresh               refresh CloudFront also where nothing differs
  --prune                 also delete what the build does not have
  --dry-run               only say what would be done
  --help

Needs aws.
TEXT
}
die() { echo "deploy-frontend: $*" >&2; exit 1; }
wrong_use() { echo "deploy-frontend: $*" >&2; usage >&2; exit 2; }
run() { # says each command that changes something; does it unless this is a rehearsal
  printf '+ %s\n' "${*@Q}" >&2
  [ -n "$dry_run" ] || "$@"
}

app='' environment='' build='' command='' outputs='' bucket='' distribution='' region="${AWS_REGION:-}" prune='' refresh='' dry_run=''
while [ $# -gt 0 ]; do
  case "$1" in
    --help) usage; exit 0 ;;
    --dry-run) dry_run=yes; shift; continue ;;
    --prune) prune=yes; shift; continue ;;
    --refresh) refresh=yes; shift; continue ;;
    --*) [ $# -ge 2 ] || wrong_use "$1 needs a value" ;;&
    --build) build="$2" ;;
    --run) command="$2" ;;
    --outputs) outputs="$2" ;;
    --bucket) bucket="$2" ;;
    --distribution) distribution="$2" ;;
    --region) region="$2" ;;
    --*) wrong_use "there is no option $1" ;;
    *) if [ -z "$app" ]; then app="$1"; elif [ -z "$environment" ]; then environment="$1"; else wrong_use "what is $1?"; fi; shift; continue ;;
  esac
  shift 2
done
[ -n "$environment" ] || wrong_use "name an application and an environment, such as: deepscifi dev"
[ -f "apps/$app/app.yaml" ] || wrong_use "there is no application apps/$app"
case "$environment" in dev | prod) ;; *) wrong_use "the environments are dev and prod" ;; esac
[ -n "$build" ] || wrong_use "name the folder of the build with --build"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$outputs" ] && [ -z "$bucket" ]; then
  outputs="$work/outputs.json"
  terraform -chdir="infra/terraform/stacks/$app" output -json >"$outputs" ||
    die "the stack has no outputs: apply it first (docs/deploy.md), or name --bucket and --distribution"
fi
known=('' '')
[ -z "$outputs" ] || mapfile -t known < <(/usr/bin/env python3 - "$outputs" <<'PYTHON'
import json, sys
outputs = {name: output["value"] for name, output in json.load(open(sys.argv[1])).items()}
buckets, distributions = outputs.get("buckets") or {}, outputs.get("distribution_ids") or {}
pick = lambda values, names: next((values[name] for name in names if values.get(name)), "")
print(pick(buckets, ("frontend", "gui", "site")))
print(pick(distributions, ("site", "gui", "frontend", "api")))
for name, value in (outputs.get("frontend_environment") or {}).items():
    print(f"{name}={value}")
PYTHON
)
: "${bucket:=${known[0]}}" "${distribution:=${known[1]}}"
[ -n "$bucket" ] || die "the bucket is not known: see --help"
[ -z "$region" ] || export AWS_REGION="$region" AWS_DEFAULT_REGION="$region"

[ -z "$command" ] || run env "${known[@]:2}" bash -c "$command" || die "the build failed"
[ -n "$dry_run" ] && [ -n "$command" ] && [ ! -d "$build" ] && { echo "$build is not built yet, so what differs is not known (rehearsed)"; exit 0; }
[ -f "$build/index.html" ] || die "$build has no index.html: is it the build?"

# What is there, by its MD5: a bucket that encrypts with keys of KMS tells another value, and then everything is uploaded again.
aws s3api list-objects-v2 --bucket "$bucket" --query 'Contents[].[ETag, Key]' --output text >"$work/listed" || die "the bucket $bucket cannot be listed"
sed -n 's/^"\([0-9a-f]*\)"\t/\1\t/p' "$work/listed" | sort >"$work/there"
(cd "$build" && find . -type f -printf '%P\0' | sort -z | while IFS= read -r -d '' file; do
  printf '%s\t%s\n' "$(md5sum <"$file" | cut -d' ' -f1)" "$file"
done) | sort >"$work/wanted"
comm -23 "$work/wanted" "$work/there" | cut -f2- | sort >"$work/changed"
cut -f2- "$work/there" | sort >"$work/keys"
comm -13 <(cut -f2- "$work/wanted" | sort) "$work/keys" >"$work/gone"

content_type() {
  case "$1" in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.css) echo 'text/css; charset=utf-8' ;;
    *.js | *.mjs) echo 'text/javascript; charset=utf-8' ;;
    *.json | *.map) echo application/json ;;
    *.webmanifest) echo application/manifest+json ;;
    *.txt) echo 'text/plain; charset=utf-8' ;;
    *.xml) echo application/xml ;;
    *.svg) echo image/svg+xml ;;
    *.png) echo image/png ;;
    *.jpg | *.jpeg) echo image/jpeg ;;
    *.webp) echo image/webp ;;
    *.avif) echo image/avif ;;
    *.gif) echo image/gif ;;
    *.ico) echo image/x-icon ;;
    *.woff2) echo font/woff2 ;;
    *.woff) echo font/woff ;;
    *.wasm) echo application/wasm ;;
    *.pdf) echo application/pdf ;;
    *) echo application/octet-stream ;;
  esac
}
# Only what has a hash in its name may be kept for ever.
has_hash() { [[ "$1" =~ ^_next/static/ || "$(basename "$1")" =~ [.-][0-9A-Za-z_-]*[0-9][0-9A-Za-z_-]{6,}\.[a-z0-9]+$ ]] && [[ "$1" != *.html ]]; }
upload() {
  local caching='public, max-age=0, must-revalidate'
  ! has_hash "$1" || caching='public, max-age=31536000, immutable'
  run aws s3api put-object --bucket "$bucket" --key "$1" --body "$build/$1" --content-type "$(content_type "$1")" \
    --cache-control "$caching" >/dev/null
}
while IFS= read -r file; do case "$file" in *.html) ;; *) upload "$file" ;; esac; done <"$work/changed"
while IFS= read -r file; do case "$file" in *.html) upload "$file" ;; esac; done <"$work/changed"
if [ -n "$prune" ]; then
  while IFS= read -r file; do run aws s3api delete-object --bucket "$bucket" --key "$file" >/dev/null; done <"$work/gone"
fi

refresh_time_max=900 # seconds
count=$(wc -l <"$work/changed")
if [ -n "$distribution" ] && { [ "$count" -gt 0 ] || [ -n "$refresh" ]; }; then
  if [ -n "$dry_run" ]; then
    echo "+ refresh $distribution" >&2
  else
    id=$(aws cloudfront create-invalidation --distribution-id "$distribution" --paths '/*' --query Invalidation.Id --output text) ||
      die "the edge was not refreshed: run this again with --refresh"
status='' tries=$((refresh_time_max / 5))
    until [ "${status,,}" = completed ]; do
      [ "$tries" -gt 0 ] || die "the edge is not refreshed after $refresh_time_max s: invalidation $id of $distribution"
      [ -z "$status" ] || sleep 5
      status=$(aws cloudfront get-invalidation --distribution-id "$distribution" --id "$id" --query Invalidation.Status --output text) ||
        die "the edge cannot be asked about invalidation $id of $distribution"
      tries=$((tries - 1))
    done
  fi
fi
echo "$app $environment: $count of $(wc -l <"$work/wanted") files uploaded to $bucket, $(wc -l <"$work/gone") more lie there${prune:+ and were removed}${dry_run:+ (rehearsed)}"
