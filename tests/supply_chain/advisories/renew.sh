#!/usr/bin/env bash
# Makes `advisory-db.bundle` anew from a clone of RustSec's database: what is needed of its newest commit, nothing of its history.
# usage: renew.sh [URL or path of a git repository]
set -euo pipefail
from=${1:-https://github.com/rustsec/advisory-db}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet --bare --depth 1 "$from" "$work/from"
commit=$(git -C "$work/from" rev-parse HEAD)
date=$(git -C "$work/from" show -s --format=%cI HEAD)
git init --quiet --initial-branch main "$work/copy"
git -C "$work/from" archive HEAD crates LICENSE.txt LICENSES README.md | tar -x -C "$work/copy"
git -C "$work/copy" add --all
GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date git -C "$work/copy" -c user.name=RustSec -c user.email=advisories@invalid \
    commit --quiet --message "advisory-db as of $commit"
git -C "$work/copy" gc --quiet --aggressive --prune=now
git -C "$work/copy" bundle create --quiet "$here/advisory-db.bundle" main
cd "$here"
sha256sum advisory-db.bundle > advisory-db.bundle.sha256
sed -i "s/^As of .*/As of $date, commit \`$commit\`./" README.md
