#!/usr/bin/env bash
# Brings the image of this commit to the ECS services of an application, and proves that it serves.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: scripts/deploy-backend.sh APP ENVIRONMENT [options]

Builds the image once, pushes it to ECR, rolls the services out one after the other by digest (the first one migrates), verifies, and rolls
back what is red. Run again it does only what is missing: an image whose tag is there is neither built nor pushed.

  --image REPO@sha256:…   take this image: no build, no push; also the way back to an earlier release
  --archive FILE          push this OCI archive instead of building
  --tag TAG               tag of the image (default: the commit; then nothing may be uncommitted)
  --outputs FILE          `terraform output -json` of the stack (default: asks infra/terraform/stacks/APP)
  --repository URL  --cluster NAME  --services "A B"  --migration-family NAME  --url URL  --region REGION
                          instead of, or without, those outputs
  --push-only             build and push, print the image by digest, and end
  --no-migrate            leave the tables as they are; needed where they are files that a running task holds
  --count N               tasks of services that run none yet: the first release
  --dry-run               only say what would be done
  --help

Needs aws, docker with buildx (or skopeo for an archive), and slipway (SLIPWAY names it; default build/release/slipway, else PATH).
Exit code: 0 it serves; otherwise the one of `slipway deploy ecs`, or 1.
TEXT
}
die() { echo "deploy-backend: $*" >&2; exit 1; }
wrong_use() { echo "deploy-backend: $*" >&2; usage >&2; exit 2; }
run() { # says each command that changes something; does it unless this is a rehearsal
  printf '+ %s\n' "${*@Q}" >&2
  [ -n "$dry_run" ] || "$@"
}

app='' environment='' image='' archive='' tag='' outputs='' repository='' cluster='' services='' family='' url=''
region="${AWS_REGION:-}" migrate=yes count='' push_only='' dry_run=''
while [ $# -gt 0 ]; do
  case "$1" in
    --help) usage; exit 0 ;;
    --dry-run) dry_run=yes; shift; continue ;;
    --no-migrate) migrate=''; shift; continue ;;
    --push-only) push_only=yes; shift; continue ;;
    --*) [ $# -ge 2 ] || wrong_use "$1 needs a value" ;;&
    --image) image="$2" ;;
    --archive) archive="$2" ;;
    --tag) tag="$2" ;;
    --outputs) outputs="$2" ;;
    --repository) repository="$2" ;;
    --cluster) cluster="$2" ;;
    --services) services="$2" ;;
    --migration-family) family="$2" ;;
    --url) url="$2" ;;
    --region) region="$2" ;;
    --count) count="$2" ;;
    --*) wrong_use "there is no option $1" ;;
    *) if [ -z "$app" ]; then app="$1"; elif [ -z "$environment" ]; then environment="$1"; else wrong_use "what is $1?"; fi; shift; continue ;;
  esac
  shift 2
done
[ -n "$environment" ] || wrong_use "name an application and an environment, such as: deepscifi dev"
[ -f "apps/$app/app.yaml" ] || wrong_use "there is no application apps/$app"
case "$environment" in dev | prod) ;; *) wrong_use "the environments are dev and prod" ;; esac

# What the stack made.
if [ -z "$outputs" ] && { [ -z "$repository$image" ] || [ -z "$cluster" ] || [ -z "$services" ]; }; then
  outputs=$(mktemp)
  trap 'rm -f "$outputs"' EXIT
  terraform -chdir="infra/terraform/stacks/$app" output -json >"$outputs" ||
    die "the stack has no outputs: apply it first (docs/deploy.md), or name --repository, --cluster and --services"
fi
known=('' '' '' '' '')
[ -z "$outputs" ] || mapfile -t known < <(/usr/bin/env python3 - "$outputs" <<'PYTHON'
import json, sys
outputs = {name: output["value"] for name, output in json.load(open(sys.argv[1])).items()}
arns = outputs.get("service_arns") or {}
names = [arn.rsplit("/", 1)[1] for arn in (arns.values() if isinstance(arns, dict) else arns)]
family = (outputs.get("migration") or {}).get("task_definition")
url = outputs.get("url") or (outputs.get("urls") or {}).get("api")
for value in (outputs.get("repository_url"), outputs.get("cluster"), " ".join(names), family, url):
    print(value or "")
PYTHON
)
: "${repository:=${known[0]}}" "${cluster:=${known[1]}}" "${services:=${known[2]}}" "${family:=${known[3]}}" "${url:=${known[4]}}"
if [ -z "$push_only" ] && { [ -z "$cluster" ] || [ -z "$services" ]; }; then die "the cluster and the services are not known: see --help"; fi
[ -n "$image$repository" ] || die "the repository is not known: see --help"
[ -n "$region" ] || region=$(cut -d. -f4 <<<"${image:-$repository}")
export AWS_REGION="$region"

slipway="${SLIPWAY:-}"
[ -n "$slipway" ] || { [ -x build/release/slipway ] && slipway=build/release/slipway; } || slipway=$(command -v slipway) ||
  die "slipway is not built: make build, or name it in SLIPWAY"

login() {
  local host="${repository%%/*}"
  if [ -n "$dry_run" ]; then echo "+ log in to $host" >&2; return; fi
  aws ecr get-login-password | "$1" login --username AWS --password-stdin "$host" >/dev/null || die "$host did not let us in"
}
digest_of_tag() { # empty when the tag is not there
  local said
  if ! said=$(aws ecr describe-images --repository-name "${repository#*/}" --image-ids "imageTag=$tag" \
    --query 'imageDetails[0].imageDigest' --output text 2>&1); then
    case "$said" in *ImageNotFoundException*) return 0 ;; *)
      [ -n "$dry_run" ] || die "ECR cannot be asked: $said"
      echo "ECR cannot be asked, so the image is taken for not pushed: $said" >&2
      return 0 ;;
    esac
  fi
  printf '%s' "$said"
}
push() {
  if [ -n "$archive" ]; then
    [ -n "$dry_run" ] || [ -f "$archive" ] || die "there is no archive $archive"
    login skopeo
    run skopeo copy --all --preserve-digests "oci-archive:$archive" "docker://$repository:$tag"
  else
    login docker
    run docker buildx build --platform linux/amd64 --provenance=mode=max --sbom=true --build-arg "APP=$app" --tag "$repository:$tag" --push .
  fi
}

if [ -z "$image" ]; then
  if [ -z "$tag" ]; then
    tag=$(git rev-parse HEAD) || die "this is no git repository: name a --tag"
    [ -z "$(git status --porcelain)" ] || [ -n "$dry_run" ] || die "something is not committed, so the commit does not name what would run: commit, or name a --tag"
  fi
  digest=$(digest_of_tag)
  if [ -n "$digest" ]; then
    echo "The image $tag is there: $digest" >&2
  else
    push
    [ -n "$dry_run" ] && digest="sha256:$(printf '0%.0s' {1..64})" || digest=$(digest_of_tag)
    [ -n "$digest" ] || die "the image was pushed and is not in ECR under $tag"
  fi
  image="$repository@$digest"
fi
[[ "$image" =~ @sha256:[0-9a-f]{64}$ ]] || die "$image is not an image by digest"

[ -z "$push_only" ] || { echo "$image"; exit 0; }

migration=()
if [ -n "$migrate" ]; then
  migration=(--migrate)
  [ -z "$family" ] || migration+=(--migration-family "$family")
fi
read -r -a names <<<"$services"
for index in "${!names[@]}"; do
  checks=()
  [ -z "$count" ] || checks+=(--count "$count")
  [ -z "$url" ] || [ "$index" -lt $((${#names[@]} - 1)) ] || checks+=(--verify "$url" --app "apps/$app")
  code=0
  run "$slipway" deploy ecs --region "$region" --cluster "$cluster" --service "${names[index]}" --image "$image" \
    "${migration[@]}" "${checks[@]}" || code=$?
  [ "$code" -eq 0 ] || { echo "deploy-backend: ${names[index]} does not run $image (exit code $code)" >&2; exit "$code"; }
  migration=()
done
echo "$app $environment runs $image${dry_run:+ (rehearsed)}"
