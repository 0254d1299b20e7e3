#!/bin/bash
# The life of a runner machine: one job at most, then it powers off, and power-off terminates it.
# cloud-init runs this as root, once. It holds no secret: the token comes in the machine's own bootstrap row.
# The image must have: bash, curl 8, systemd. What else it lacks is installed (ami-preparation.md).
# GLR_ROOT, GLR_TIMEOUT_SECONDS, GLR_INSTALL_SECONDS, AWS_ENDPOINT_URL and the metadata endpoint are set on a developer's
# computer only.
#
# A name between two @ is filled in: by `npm run user-data` from LambdaShellRunner/Dockerfile, or else by CloudFormation. These
# lines alone may hold one.
GITLAB_RUNNER_VERSION='@GITLAB_RUNNER_VERSION@'
GITLAB_RUNNER_KEY='@GITLAB_RUNNER_KEY@'
GITLAB_RUNNER_SHA256_AMD64='@GITLAB_RUNNER_SHA256_AMD64@'
GITLAB_RUNNER_SHA256_ARM64='@GITLAB_RUNNER_SHA256_ARM64@'
GLR_REGION='@AWS::Region@'
GLR_DYNAMODB_URL='https://dynamodb.@AWS::Region@.@AWS::URLSuffix@'
GLR_BOOTSTRAP_TABLE='@BootstrapTableNameParameter.Value@'
GLR_ROLE_ID='@RunnerInstanceRole.RoleId@'
GLR_MAX_LIFETIME_SECONDS='@Ec2MaximumLifetimeSeconds@'

set -u
root="${GLR_ROOT:-}"
metadata="${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}"
dynamodb="${AWS_ENDPOINT_URL:-$GLR_DYNAMODB_URL}"
timeout="${GLR_TIMEOUT_SECONDS:-60}"
deletes_own_record=false

say() { printf 'glr: %s\n' "$*"; }

# Whatever happens, the machine ends. Should all three fail, the dead man's timer is left.
power_off() {
  trap - EXIT
  trap '' HUP INT TERM
  if [[ $deletes_own_record == true ]]; then patiently $((timeout / 3)) delete_own_record; fi
  say "powering off after $SECONDS s"
  until shutdown -h now || systemctl poweroff || systemctl poweroff --force --force; do sleep 5; done
}
leave() {
  say "$1"
  exit 1
}
trap power_off EXIT
trap 'leave "ended from outside"' HUP INT TERM

# patiently SECONDS COMMAND...: repeats the command until it succeeds or the time is over.
patiently() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    if ((SECONDS >= until)); then return 1; fi
    sleep $((1 + RANDOM % 3))
  done
}

# No answer of a job's making is read here, no secret stands in a command line: curl gets them on its input.
fetch() { curl -q -sf --max-time 10 "$@"; }

# 1. The dead man's timer: systemd keeps it, so neither this script nor the job has to live for it.
power_off_in() {
  systemd-run --quiet --collect --unit="glr-$1" --on-active="$2s" --timer-property=AccuracySec=1s shutdown -h now
}
power_off_in dead-man "$GLR_MAX_LIFETIME_SECONDS" || leave "no dead man's timer"

# Timers do not outlive a reboot: a machine that boots again ends.
per_boot="$root/var/lib/cloud/scripts/per-boot"
guard_boot() {
  mkdir -p "$per_boot" && printf '#!/bin/sh\nshutdown -h now\n' >"$per_boot/glr-one-boot" &&
    chmod 0755 "$per_boot/glr-one-boot"
}
guard_boot || leave "no guard against a second boot"

# 2. Who am I? The metadata service may be late, or fail a first time. A token is good for the questions of a minute.
ask_token() {
  metadata_token=$(fetch --noproxy '*' -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token")
}
# about_me PATH...: the values, a line each; none when one is missing.
about_me() {
  printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$metadata_token" |
    fetch --noproxy '*' --fail-early -w '\n' -K - "${@/#/$metadata/latest/meta-data/}"
}

# pick JSON FIELD...: a text or truth of each field, a line each. FIELD.S is that of DynamoDB's {"FIELD":{"S":"..."}}.
# Refuses what could end a quoted string or a line, and with it all that JSON escapes.
pick() {
  local LC_ALL=C json=$1 field form gap='[[:space:]]*' value='("([]!#-[^-~]+)"|(true|false))'
  shift
  for field; do
    form="\"${field%.*}\"$gap:$gap"
    if [[ $field == *.* ]]; then form+="[{]$gap\"${field#*.}\"$gap:$gap"; fi
    [[ $json =~ $form$value ]] || return 1
    printf '%s\n' "${BASH_REMATCH[2]}${BASH_REMATCH[3]}"
  done
}

identify() {
  local answer role
  ask_token && answer=$(about_me instance-id iam/security-credentials/) || return 1
  { read -r instance && read -r role; } <<<"$answer"
  [[ $instance =~ ^i-[0-9a-f]+$ ]] && answer=$(about_me "iam/security-credentials/$role") || return 1
  { read -r key_id && read -r secret_key && read -r session_token; } < <(
    pick "$answer" AccessKeyId SecretAccessKey Token
  )
}
patiently $((2 * timeout)) identify || leave "the metadata service does not say who I am"
is_spot=false
if [[ $(about_me instance-life-cycle) == spot ]]; then is_spot=true; fi

# 3. The bootstrap row: one conditional delete that returns it. It may be written a moment after the boot.
take_row() {
  local now request
  now=$(date +%s) || return 1
  request='{"TableName":"%s","Key":{"key":{"S":"%s"}},"ConditionExpression":"attribute_exists(#k) AND #t > :now",'
  request+='"ExpressionAttributeNames":{"#k":"key","#t":"ttl"},"ExpressionAttributeValues":{":now":{"N":"%s"}},'
  request+='"ReturnValues":"ALL_OLD"}'
  # shellcheck disable=SC2059  # the format is the line above
  request=$(printf "$request" "$GLR_BOOTSTRAP_TABLE" "$GLR_ROLE_ID:$instance" "$now")
  row=$(
    printf 'user = "%s:%s"\nheader = "X-Amz-Security-Token: %s"\n' "$key_id" "$secret_key" "$session_token" |
      fetch -K - --aws-sigv4 "aws:amz:$GLR_REGION:dynamodb" -H 'X-Amz-Target: DynamoDB_20120810.DeleteItem' \
        -H 'Content-Type: application/x-amz-json-1.0' --data "$request" "$dynamodb/"
  ) && [[ -n $row ]]
}
patiently $((2 * timeout)) take_row || leave "no bootstrap row for $instance"
{
  read -r url && read -r token && read -r lifetime && read -r wait_timeout && read -r privileged &&
    read -r deletes_own_record
} < <(
  pick "$row" url.S token.S lifetimeSeconds.N waitTimeoutSeconds.N privileged.BOOL deletesOwnRecord.BOOL
) || leave "the bootstrap row cannot be read"
# Without these the job has no cache.
{
  read -r cache_bucket && read -r cache_region && read -r cache_path && read -r cache_key && read -r cache_secret &&
    read -r cache_token
} < <(
  pick "$row" bucket.S region.S path.S accessKeyId.S secretAccessKey.S sessionToken.S
) || cache_bucket=
ca=$(pick "$row" caCertificate.S) # absent where a well-known authority vouches for GitLab
unset row secret_key session_token
[[ $lifetime =~ ^[0-9]{1,6}$ && $wait_timeout =~ ^[0-9]{1,6}$ && $privileged =~ ^(true|false)$ ]] ||
  leave "the bootstrap row has a wrong value"
power_off_in lifetime "$lifetime" || leave "no timer for the lifetime"

delete_own_record() {
  printf 'data-urlencode = "token=%s"\n' "$token" | fetch -K - ${ca:+--cacert "${work:-}/gitlab-ca.pem"} -X DELETE "$url/api/v4/runners"
}

# 4. What the image lacks. A prepared one lacks nothing.
verify_signature() (
  . ../LambdaShellRunner/verify-signature.sh
)
sum_of() (
  . ../LambdaShellRunner/sum-of.sh
)
. install.sh

# Docker by its unit: its commands are not needed before a job is.
is_complete() { systemctl cat docker && command -v git && gitlab-runner --version; }
install_missing() {
  local work
  say "installing Docker and git: the image lacks them, or gitlab-runner"
  install_packages
  say "installing gitlab-runner $GITLAB_RUNNER_VERSION"
  work=$(mktemp -d) && cd "$work" && install_gitlab_runner
}
install_in_time() {
  local installer began=$SECONDS until=$((SECONDS + ${GLR_INSTALL_SECONDS:-180}))
  set -m # a process group of its own, so that all of it can be ended
  install_missing &
  installer=$!
  set +m
  while kill -0 "$installer" 2>/dev/null; do
    if ((SECONDS >= until)); then
      kill -KILL -- "-$installer"
      not_installed too-slow
    fi
    sleep 0.5
  done
  wait "$installer" || exit 1
  installed=$((SECONDS > began ? SECONDS - began : 1))
  say "installed after $SECONDS s"
}
installed=0
is_complete >/dev/null 2>&1 || install_in_time

# 5. Docker, and a wall between job containers and the metadata service, before any job can run. (Its IPv6 address
# is switched off by the launch template; where IPv6 is missing, its wall is not needed.)
systemctl start docker || leave "Docker does not start"
iptables -w 10 -N DOCKER-USER 2>/dev/null
iptables -w 10 -I DOCKER-USER -d 169.254.169.254/32 -j DROP || leave "no wall before the metadata service"
ip6tables -w 10 -N DOCKER-USER 2>/dev/null
ip6tables -w 10 -I DOCKER-USER -d fd00:ec2::254/128 -j DROP || say "no IPv6 wall"

# 6. The runner: its configuration, with the token, goes through a pipe and is never written to a file.
umask 077
work="$root/var/lib/glr"
# GitLab shows this id with the job. Who installed says so in it, and for how many seconds (Core/waiting/machine-id.ts).
system_id() {
  if ((installed > 0)); then printf 'r_I%03d%s' "$installed" "${instance: -8}"; else printf 'r_%s' "${instance: -12}"; fi
}
prepare_work() {
  mkdir -p "$work/config" "$work/home" && cd "$work" && mkfifo config/config.toml log &&
    system_id >config/.runner_system_id
}
prepare_work || leave "no folder to work in"
if [[ -n $ca ]]; then base64 -d <<<"$ca" >gitlab-ca.pem || leave "no certificate of GitLab's authority"; fi
configuration() {
  printf '%s\n' '[[runners]]' 'name = "job"' "url = \"$url\"" "token = \"$token\"" ${ca:+"tls-ca-file = \"$work/gitlab-ca.pem\""} 'executor = "docker"' \
    'job_status_final_update_retry_limit = 4' '[runners.docker]' "privileged = $privileged" \
    'image = "public.ecr.aws/docker/library/debian:13-slim"' 'volumes = ["/cache", "/certs/client"]'
  if [[ -z $cache_bucket ]]; then return; fi
  printf '%s\n' '[runners.cache]' 'Type = "s3"' "Path = \"$cache_path\"" 'Shared = true' '[runners.cache.s3]' \
    'AuthenticationType = "access-key"' "BucketName = \"$cache_bucket\"" "BucketLocation = \"$cache_region\"" \
    "AccessKey = \"$cache_key\"" "SecretKey = \"$cache_secret\"" "SessionToken = \"$cache_token\""
  if [[ -z ${AWS_ENDPOINT_URL:-} ]]; then return; fi
  printf '%s\n' "ServerAddress = \"${AWS_ENDPOINT_URL#*://}\"" 'Insecure = true' 'PathStyle = true'
}
set -m # so that SIGQUIT is not ignored in what starts now
configuration >config/config.toml &
env -i HOME="$work/home" PATH="$PATH" LANG=C.UTF-8 gitlab-runner --log-format json run-single \
  --config "$work/config/config.toml" -r job --max-builds 1 --wait-timeout "$wait_timeout" >log 2>&1 &
runner=$!
set +m
exec 3<log

# 7. The clock. gitlab-runner's own wait limit is none, and its exit code says nothing (0 for a rejected token, too).
phase=waiting # -> working -> (gone) | leaving -> (gone) | ending -> (gone)
next=$((SECONDS + wait_timeout))
end_runner() { # it reports a running job as interrupted within 30 s
  say "$1"
  kill -TERM "$runner"
  phase=ending
  next=$((SECONDS + 40))
}
# After a cancel gitlab-runner asks the job's container to stop, for which Docker gives it ten seconds. What has run since
# before the cancel is killed after four. For after_script the container starts anew: it is let be.
canceled=
kill_at=
end_canceled() {
  local id
  docker ps -q --no-trunc --filter label=com.gitlab.gitlab-runner.type=build | while read -r id; do
    if [[ $(docker inspect -f '{{.State.StartedAt}}' "$id") < $canceled ]]; then docker kill "$id"; fi
  done
  kill_at=
}
# A job's text in this log is JSON: its quotes are escaped, so it cannot speak these words.
heed() {
  if [[ $1 =~ \"msg\":\"Checking\ for\ jobs\.\.\.\ *received ]]; then
    [[ $phase == ending ]] || phase=working
    rm -f config/config.toml
  elif [[ $1 == *'"job-status":"cancel'* && -z $canceled ]]; then
    canceled=$(date -u +%FT%T)
    kill_at=$((SECONDS + 4))
  elif [[ $1 =~ \"msg\":\"(Runner\ is\ not\ healthy|Checking\ for\ jobs\.\.\.\ *forbidden) && $phase != ending ]]; then
    end_runner "GitLab rejects the token"
    rejected=true
  fi
}
interruption=
next_look=0
watch_spot() {
  if [[ $is_spot == false ]] || ((SECONDS < next_look)); then return; fi
  next_look=$((SECONDS + 5))
  if [[ -z $interruption ]] && ask_token && about_me spot/instance-action >/dev/null; then interruption=$SECONDS; fi
  if [[ -z $interruption ]]; then return; fi
  # A job that is nearly done may finish. All others are lost anyway: the sooner GitLab knows, the sooner it retries them.
  if [[ $phase != working ]] || ((SECONDS >= interruption + 15)); then end_runner "spot interruption"; fi
}
tick() {
  case $phase in
    waiting) if ((SECONDS >= next)); then
      say "no job within $wait_timeout s"
      kill -QUIT "$runner" # what arrives in the poll under way is run to its end
      phase=leaving
      next=$((SECONDS + timeout))
    fi ;;
    leaving) if ((SECONDS >= next)); then end_runner "still no job"; fi ;;
    ending)
      if ((SECONDS >= next)); then kill -KILL "$runner"; fi
      return
      ;;
  esac
  if [[ -n $kill_at ]] && ((SECONDS >= kill_at)); then end_canceled; fi
  watch_spot
  if [[ $phase != ending ]] && ((SECONDS >= lifetime - timeout)); then end_runner "end of the lifetime"; fi
}
rejected=false
while kill -0 "$runner" 2>/dev/null; do
  if read -r -t 1 line <&3; then
    printf '%s\n' "$line"
    heed "$line"
  elif (($? < 128)); then
    sleep 1 # the log has ended and the process has not
  fi
  tick
done
while read -r -t 1 line <&3; do printf '%s\n' "$line"; done
[[ $rejected == false ]] || leave "no runner of GitLab's"
say "done"
