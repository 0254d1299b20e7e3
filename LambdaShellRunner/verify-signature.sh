#!/bin/bash
# Verifies an OpenPGP signature by a publisher whose key's fingerprint is pinned. The key itself may come from anywhere: one
# with another fingerprint, or one that has expired, is refused.
#
#   verify-signature.sh FINGERPRINT KEY SIGNATURE FILE         a detached signature of FILE
#   verify-signature.sh FINGERPRINT KEY SIGNED -o FILE         a signed text; FILE gets what the signature covers
#
# FINGERPRINT: 40 hexadecimal digits of the primary key, or several of them with | between.
set -euo pipefail

fingerprint=$1
key=$2
shift 2

GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'rm -rf "$GNUPGHOME"' EXIT

gpg --batch --quiet --import "$key" 2>/dev/null
if [ "${2:-}" = "-o" ]; then
  status=$(gpg --batch --status-fd 1 --yes --output "$3" --decrypt "$1" 2>/dev/null) || true
else
  status=$(gpg --batch --status-fd 1 --verify "$1" "$2" 2>/dev/null) || true
fi

# GOODSIG: the key has neither expired nor been revoked. VALIDSIG ends with the primary key's fingerprint.
if ! grep -q '^\[GNUPG:\] GOODSIG ' <<<"$status" ||
  ! grep -Eq "^\[GNUPG:\] VALIDSIG .* ($fingerprint)\$" <<<"$status"; then
  echo "The signature $1 is not a good one of the key $fingerprint: do not use what it came with" >&2
  exit 1
fi
