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
# Ubuntu's archive as it was then: the same packages whenever this is run. Amazon Linux locks its packages to the image's release.
ubuntu_snapshot=20261101T000000Z

complain() { printf '%s\n' "$*" >&2; }
pin() { sed -n "s/^ARG $1=//p" "$runner/Dockerfile"; }

checksum_of_runner() { if [[ $(uname -m) == aarch64 ]]; then pin GITLAB_RUNNER_SHA256_ARM64; else pin GITLAB_RUNNER_SHA256_AMD64; fi; }
checksum_of_aws_cli() { pin "AWS_CLI_SHA256_$(uname -m | tr '[:lower:]' '[:upper:]')"; }
require_checksums() {
  if [[ -n $(checksum_of_runner) && -n $(checksum_of_aws_cli) ]]; then return; fi
  complain "A checksum is missing in $runner/Dockerfile: run npm run pin -- --missing there, and copy the folder again."
  exit 1
}

system() { # amzn2023, ubuntu24.04, or whatever it is
  # shellcheck disable=SC1091
  (. "$root/etc/os-release" && printf '%s%s' "$ID" "$VERSION_ID")
}

# ------------------------------------------------------------------------------------------------------------------- prepare

# Both distributions sign their packages; neither signature check is switched off.
install_packages() {
  case $(system) in
    amzn2023)
      dnf install -y docker git iptables-nft unzip tar
      ;;
    ubuntu24.04)
      apt-get update --snapshot "$ubuntu_snapshot"
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --snapshot "$ubuntu_snapshot" \
        docker.io git iptables unzip curl ca-certificates gnupg
      # An upgrade in the middle of a job would be in its way: the machine lives for one job, the image is what gets upgraded.
      systemctl disable --now apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service
      ;;
    *)
      complain "This is $(system). Use Amazon Linux 2023 or Ubuntu 24.04: older ones have a curl that signs too few headers."
      exit 2
      ;;
  esac
  systemctl enable docker
}

download() { curl --proto '=https' --fail --silent --show-error --location --remote-name "$1"; }

install_gitlab_runner() {
  local version arch release
  version=$(pin GITLAB_RUNNER_VERSION)
  if [[ $(uname -m) == aarch64 ]]; then arch=arm64; else arch=amd64; fi
  release=https://gitlab-runner-downloads.s3.dualstack.us-east-1.amazonaws.com/v$version
  download "$release/release.sha256"
  download "$release/release.sha256.asc"
  download "$release/binaries/gitlab-runner-linux-$arch"
  curl --proto '=https' --fail --silent --show-error --location --output gitlab-runner.asc \
    https://packages.gitlab.com/runner/gitlab-runner/gpgkey/runner-gitlab-runner-49F16C5CC3A0F81F.pub.gpg
  "$runner/verify-signature.sh" "$(pin GITLAB_RUNNER_KEY)" gitlab-runner.asc release.sha256.asc release.sha256
  "$runner/sum-of.sh" release.sha256 "gitlab-runner-linux-$arch" "gitlab-runner-linux-$arch" "$(checksum_of_runner)"
  # The binary alone, without the package's service: a service would ask GitLab for jobs beside ours. It can be run and not
  # be read, so that no other user's job can look into its memory, which holds the runner's token.
  install -m 0711 "gitlab-runner-linux-$arch" /usr/local/bin/gitlab-runner
}

install_aws_cli() {
  local machine version zip
  machine=$(uname -m)
  version=$(pin AWS_CLI_VERSION)
  zip=awscli-exe-linux-$machine-$version.zip
  download "https://awscli.amazonaws.com/$zip"
  download "https://awscli.amazonaws.com/$zip.sig"
  "$runner/verify-signature.sh" "$(pin AWS_CLI_KEY)" "$runner/keys/aws-cli.asc" "$zip.sig" "$zip"
  echo "$(checksum_of_aws_cli)  $zip" | sha256sum --check --quiet
  unzip -q "$zip"
  ./aws/install --update --install-dir /usr/local/aws-cli --bin-dir /usr/local/bin
}

# What belongs to this machine and must not be in every copy of it.
forget_this_machine() {
  rm -f /etc/ssh/ssh_host_* /root/.ssh/authorized_keys /root/.bash_history
  if [[ -n ${SUDO_USER:-} ]]; then rm -f "$(getent passwd "$SUDO_USER" | cut -d: -f6)/.ssh/authorized_keys"; fi
  cloud-init clean --logs --machine-id
}

prepare() {
  if [[ $EUID -ne 0 ]]; then
    complain "Run this as root: sudo $0"
    exit 2
  fi
  require_checksums
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064  # its name as it is now
  trap "rm -rf '$work'" EXIT
  install_packages
  cd "$work"
  install_gitlab_runner
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
runner_is_pinned() { gitlab-runner --version | grep -Eq "^Version: +$(pin GITLAB_RUNNER_VERSION)\$"; }
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
  must "gitlab-runner is version $(pin GITLAB_RUNNER_VERSION)" runner_is_pinned
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
