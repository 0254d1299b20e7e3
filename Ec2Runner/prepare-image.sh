#!/bin/bash
# Prepares the image of an EC2 runner, on Amazon Linux 2023 or Ubuntu 24.04, or says whether a machine is fit to be one.
#
#   sudo Ec2Runner/prepare-image.sh          installs what user data and jobs need, then checks
#   sudo Ec2Runner/prepare-image.sh check    changes nothing; exit 0: fit, 1: not fit, 2: wrong use
#
# Versions, keys and checksums are those of the Lambda runner: LambdaShellRunner/Dockerfile is the one place to change them.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
runner=$here/../LambdaShellRunner
root="${GLR_ROOT:-}"

complain() { printf '%s\n' "$*" >&2; }
pin() { sed -n "s/^ARG $1=//p" "$runner/Dockerfile"; }
for name in VERSION KEY SHA256_AMD64 SHA256_ARM64; do
  printf -v "GITLAB_RUNNER_$name" %s "$(pin "GITLAB_RUNNER_$name")"
done
verify_signature() { "$runner/verify-signature.sh" "$@"; }
sum_of() { "$runner/sum-of.sh" "$@"; }
# shellcheck source=Ec2Runner/install.sh
. "$here/install.sh"

checksum_of_aws_cli() { pin "AWS_CLI_SHA256_$(uname -m | tr '[:lower:]' '[:upper:]')"; }
# An image is used for months: unlike a machine that installs at boot, it is not made while a checksum is missing.
require_checksums() {
  local of_runner=$GITLAB_RUNNER_SHA256_AMD64
  if [[ $(uname -m) == aarch64 ]]; then of_runner=$GITLAB_RUNNER_SHA256_ARM64; fi
  if [[ -n $of_runner && -n $(checksum_of_aws_cli) ]]; then return; fi
  complain "A checksum is missing in $runner/Dockerfile: run npm run pin -- --missing there, and copy the folder again."
  exit 1
}

# ------------------------------------------------------------------------------------------------------------------- prepare

install_aws_cli() {
  local machine version zip
  machine=$(uname -m)
  version=$(pin AWS_CLI_VERSION)
  zip=awscli-exe-linux-$machine-$version.zip
  download "https://awscli.amazonaws.com/$zip" "$zip"
  download "https://awscli.amazonaws.com/$zip.sig" "$zip.sig"
  verify_signature "$(pin AWS_CLI_KEY)" "$runner/keys/aws-cli.asc" "$zip.sig" "$zip" || not_installed wrong-signature
  echo "$(checksum_of_aws_cli)  $zip" | sha256sum --check --quiet || not_installed wrong-checksum
  unzip -q "$zip"
  ./aws/install --update --install-dir "$root/usr/local/aws-cli" --bin-dir "$root/usr/local/bin"
}

# What belongs to this machine and must not be in every copy of it.
forget_this_machine() {
  rm -f "$root"/etc/ssh/ssh_host_* "$root/root/.ssh/authorized_keys" "$root/root/.bash_history"
  if [[ -n ${SUDO_USER:-} ]]; then rm -f "$root$(getent passwd "$SUDO_USER" | cut -d: -f6)/.ssh/authorized_keys"; fi
  cloud-init clean --logs --machine-id
}

prepare() {
  # With a root of its own it writes nowhere else, and needs no right to.
  if [[ $EUID -ne 0 && -z $root ]]; then
    complain "Run this as root: sudo $0"
    exit 2
  fi
  require_checksums
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064  # its name as it is now
  trap "rm -rf '$work'" EXIT
  echo "glr: installing Docker and git"
  install_packages unzip
  systemctl enable docker
  cd "$work"
  echo "glr: installing gitlab-runner $GITLAB_RUNNER_VERSION"
  install_gitlab_runner
  echo "glr: installing the AWS CLI"
  install_aws_cli
  check
  forget_this_machine
  echo "Ready: stop this instance and make an image of it."
}

# --------------------------------------------------------------------------------------------------------------------- check

missing=0
must() { # must "what" command...: says whether it holds, and counts what does not
  local what=$1
  shift
  if "$@" >/dev/null 2>&1; then
    printf 'ok    %s\n' "$what"
  else
    printf 'MISS  %s\n' "$what"
    missing=$((missing + 1))
  fi
}

has() { command -v "$1"; }
# A signed request to a closed port: 7 is "could not connect", so curl knew how to sign. 8 and later sign every header.
signs_requests() {
  local status=0
  [[ $(curl --version) =~ ^curl\ ([0-9]+)\. ]] && ((BASH_REMATCH[1] >= 8)) || return 1
  printf 'user = "a:b"\n' | curl -q -s -K - --aws-sigv4 aws:amz:eu-west-1:dynamodb http://127.0.0.1:9/ || status=$?
  ((status == 7))
}
runner_is_pinned() { gitlab-runner --version | grep -Eq "^Version: +$GITLAB_RUNNER_VERSION\$"; }
runner_is_closed() { [[ $(stat -c '%a %U' "$(command -v gitlab-runner)") == "711 root" ]]; }
aws_is_second() { aws --version | grep -q '^aws-cli/2\.'; }
no_runner_service() { ! systemctl is-enabled gitlab-runner; }
no_remaining_resources() { [[ ! -e $root/etc/gitlab-runner/config.toml && ! -e $root/root/.aws ]]; }

check() {
  missing=0
  local command
  for command in bash systemd-run systemctl shutdown iptables ip6tables mkfifo date docker gitlab-runner git cloud-init; do
    must "$command is installed" has "$command"
  done
  must "curl is 8 or newer and signs requests for AWS" signs_requests
  must "docker starts with the machine" systemctl is-enabled docker
  must "gitlab-runner is version $GITLAB_RUNNER_VERSION" runner_is_pinned
  must "gitlab-runner is root's and can be run, not read (0711)" runner_is_closed
  must "no gitlab-runner service asks for jobs beside ours" no_runner_service
  must "AWS CLI is version 2" aws_is_second
  must "no runner configuration and no AWS keys are on the disk" no_remaining_resources
  if ((missing > 0)); then
    complain "Not fit: $missing of these checks failed. See ami-preparation.md."
    return 1
  fi
  echo "Fit to be a runner's image."
}

case "${1:-prepare}" in
  prepare) prepare ;;
  check) check ;;
  *)
    complain "Usage: $0 [check]"
    exit 2
    ;;
esac
