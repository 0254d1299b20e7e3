# shellcheck shell=bash
# Installs what a runner's machine needs and its distribution's plain image lacks: Docker, git and gitlab-runner. One text for two
# uses: prepare-image.sh reads it, and `npm run user-data` writes it into the user data, for a machine whose image lacks them.
#
# Whoever reads it is root and has: root (the folder of all paths, empty on a real machine), verify_signature and sum_of
# (LambdaShellRunner's scripts), and LambdaShellRunner/Dockerfile's GITLAB_RUNNER_VERSION, _KEY, _SHA256_AMD64 and _SHA256_ARM64.

# Ubuntu's archive as it was then: the same packages whenever this is run. Amazon Linux locks its packages to the image's release.
ubuntu_snapshot=20261101T000000Z

# AutoScaler reads this line on the console. Core/model/reasons.ts lists the codes.
not_installed() {
  printf 'glr: not installed: %s\n' "$1"
  exit 1
}

system() { # amzn2023, ubuntu24.04, or whatever it is
  # shellcheck disable=SC1091,SC2154  # the file is the machine's; whoever reads this has root
  (. "$root/etc/os-release" && printf '%s%s' "$ID" "$VERSION_ID")
}

ubuntu_packages() {
  # They upgrade packages when it suits them: they would hold the lock now, and be in a job's way later.
  systemctl disable --now apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service
  apt-get -q update --snapshot "$ubuntu_snapshot" &&
    DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends -o DPkg::Lock::Timeout=60 \
      --snapshot "$ubuntu_snapshot" "$@"
}

# install_packages NAME...: Docker, git, and these. Both distributions sign their packages; neither check is switched off.
install_packages() {
  local distribution
  distribution=$(system)
  case $distribution in
    amzn2023) dnf install -qy docker git iptables-nft "$@" ;;
    ubuntu24.04) ubuntu_packages docker.io git iptables curl ca-certificates gnupg "$@" ;;
    *) not_installed unknown-system ;;
  esac || not_installed no-packages
}

download() {
  curl -q --proto '=https' --fail --silent --show-error --location --retry 2 --output "$2" "$1" || not_installed no-download
}

# Verified by GitLab's signature, and by the pinned checksum once there is one. The binary alone, without the package's service: a
# service would ask GitLab for jobs beside ours. It can be run and not be read, so that no other user's job can look into its
# memory, which holds the runner's token.
install_gitlab_runner() {
  local name=gitlab-runner-linux-amd64 pinned=$GITLAB_RUNNER_SHA256_AMD64 from
  if [[ $(uname -m) == aarch64 ]]; then name=gitlab-runner-linux-arm64 pinned=$GITLAB_RUNNER_SHA256_ARM64; fi
  from=https://gitlab-runner-downloads.s3.dualstack.us-east-1.amazonaws.com/v$GITLAB_RUNNER_VERSION
  download "$from/release.sha256" sums
  download "$from/release.sha256.asc" sums.asc
  download "$from/binaries/$name" "$name"
  download https://packages.gitlab.com/runner/gitlab-runner/gpgkey/runner-gitlab-runner-49F16C5CC3A0F81F.pub.gpg key.asc
  verify_signature "$GITLAB_RUNNER_KEY" key.asc sums.asc sums || not_installed wrong-signature
  if [[ -z $pinned ]]; then pinned=$(sha256sum <"$name") pinned=${pinned%% *}; fi
  sum_of sums "$name" "$name" "$pinned" || not_installed wrong-checksum
  mkdir -p "$root/usr/local/bin" && install -m 0711 "$name" "$root/usr/local/bin/gitlab-runner"
  # An older list of sums has a good signature, too.
  gitlab-runner --version | grep -Eq "^Version: +$GITLAB_RUNNER_VERSION\$" || not_installed wrong-version
}
