#!/bin/bash
# Replaces what a plain image's machine installs its programs with: package managers, downloads and what verifies them. Nothing is
# fetched and nothing is installed outside the instance's folder. Once its runner starts they are this machine's own again.
# GLR_INSTALL_FAULT: the failure that is played, one of the codes of INSTALL_FAILURE_CODES.
set -eu
here="${0%/*}"
. "$here/instance.env"
name=${0##*/}
fault=${GLR_INSTALL_FAULT:-}

own() { # runs this machine's own command
  local path
  path=$(PATH=${PATH#"$here:"} command -v "$name") || exit 127
  exec "$path" "$@"
}
if [[ -e $GLR_ROOT/var/lib/glr ]]; then own "$@"; fi
digest() { # of its input, by this machine's own command
  (
    PATH=${PATH#"$here:"}
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
  ) | cut -d ' ' -f 1
}
note() { printf '%s\n' "$name $*" >>"$GLR_COMMAND_LOG"; }
fail() {
  printf '%s\n' "$2" >&2
  exit "$1"
}

install_docker() {
  # Four minutes: longer than the machine waits.
  if [[ $fault == too-slow ]]; then sleep 240; fi
  if [[ $fault == no-packages ]]; then fail 1 "Error: Failed to download metadata for repo: all mirrors were tried"; fi
  mkdir -p "$GLR_ROOT/usr/lib/systemd/system"
  printf '[Service]\n' >"$GLR_ROOT/usr/lib/systemd/system/docker.service"
}

# The stand-in of a download has the sum that is pinned, if one is.
sum_of_file() {
  local pinned=""
  case $(head -n 2 "$1" | tail -n 1) in
    "# gitlab-runner-linux-amd64") pinned=$GLR_PIN_AMD64 ;;
    "# gitlab-runner-linux-arm64") pinned=$GLR_PIN_ARM64 ;;
    "# awscli-exe-linux-x86_64") pinned=$GLR_PIN_CLI_X86_64 ;;
    "# awscli-exe-linux-aarch64") pinned=$GLR_PIN_CLI_AARCH64 ;;
  esac
  if [[ -z $pinned || $(tail -n 1 "$1") != "# as published" ]]; then pinned=$(digest <"$1"); fi
  printf '%s\n' "$pinned"
}

# program WHAT SAYS: a program that says its version.
program() { printf '#!/bin/sh\n# %s\necho "%s"\n# as published\n' "$1" "$2"; }
runner() { # runner URL: its version is in the address
  local version=${1#*/v}
  if [[ $fault == wrong-version ]]; then version=15.0.0/; fi
  program "${1##*/}" "Version:      ${version%%/*}"
}
signature() { # signature KEY TEXT
  if [[ $fault == wrong-signature ]]; then set -- 0000 "$2"; fi
  printf '%s %s\n' "$1" "$(printf '%s\n' "$2" | digest)"
}
sums() { # sums URL: of both binaries
  local arch file
  file=$(mktemp)
  for arch in amd64 arm64; do
    runner "${1%/*}/binaries/gitlab-runner-linux-$arch" >"$file"
    printf '%s  binaries/gitlab-runner-linux-%s\n' "$(sum_of_file "$file")" "$arch"
  done
  rm -f "$file"
}
cli() {
  local of=${1##*/}
  program "${of%-*.zip*}" "aws-cli/2.0.0"
}

published() { # published URL
  case $1 in
    */release.sha256) sums "$1" ;;
    */release.sha256.asc) signature "$GLR_RUNNER_KEY" "$(sums "$1")" ;;
    */binaries/*)
      runner "$1"
      if [[ $fault == wrong-checksum ]]; then printf '# changed on its way\n'; fi
      ;;
    *.pub.gpg) printf 'a key\n' ;;
    */awscli-exe-*.zip) cli "$1" ;;
    */awscli-exe-*.zip.sig) signature "$GLR_CLI_KEY" "$(cli "$1")" ;;
    *) return 1 ;;
  esac
}
fetch() {
  local url="${!#}" target="" previous=""
  # The distributions' own, whatever this machine's is.
  if [[ $url == --version ]]; then
    printf 'curl 8.5.0\n'
    return
  fi
  case $url in
    https://gitlab-runner-downloads.* | https://packages.gitlab.com/* | https://awscli.amazonaws.com/*) ;;
    *) own "$@" ;;
  esac
  note "$url"
  if [[ $fault == no-download ]]; then fail 6 "curl: (6) Could not resolve host"; fi
  for word in "$@"; do
    if [[ $previous == --output ]]; then target=$word; fi
    previous=$word
  done
  published "$url" >"$target"
}

verify() { # gpg's words for a signature that fits
  local file="${!#}" key sum
  case "$* " in *--verify\ *) ;; *) return 0 ;; esac
  read -r key sum <"${*: -2:1}"
  if [[ $sum == "$(digest <"$file")" ]]; then
    printf '[GNUPG:] GOODSIG 0 a publisher\n[GNUPG:] VALIDSIG %s 0 %s\n' "$key" "$key"
  fi
}

checksums() {
  local sum file
  if [[ ${1:-} == --check ]]; then
    read -r sum file
    [[ $sum == "$(sum_of_file "$file")" ]] || fail 1 "$file: FAILED"
    return
  fi
  file=$(mktemp)
  cat >"$file"
  printf '%s  -\n' "$(sum_of_file "$file")"
  rm -f "$file"
}

case $name in
  dnf | apt-get)
    note "$@"
    case " $* " in *\ install\ *) install_docker ;; esac
    ;;
  curl) fetch "$@" ;;
  gpg) verify "$@" ;;
  sha256sum) checksums "$@" ;;
  stat) printf '711 root\n' ;;
  unzip)
    mkdir -p aws
    printf '#!/bin/sh\nmkdir -p "%s/usr/local/bin" && cp "%s" "%s/usr/local/bin/aws"\n' "$GLR_ROOT" "${!#}" "$GLR_ROOT" >aws/install
    chmod 0755 aws/install
    ;;
  aws) exec sh "$GLR_ROOT/usr/local/bin/aws" ;;
  *) note "$@" ;;
esac
