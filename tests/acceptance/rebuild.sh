#!/usr/bin/env bash
# Rebuild the bundle of a simple release from its source file and compare it with what the tag promises.
# Uses git, sha256sum and python's rfc8785; the front matter is read line by line, it is that simple.
set -euo pipefail
tag=$1
promised=$(git for-each-ref --format='%(contents)' "refs/tags/$tag" | sed -n 's/^Digest: //p')
stored=sha256:$(git cat-file blob "$tag:bundle.json" | sha256sum | cut -d' ' -f1)
git cat-file blob "$tag:${tag%/v*}.md" | "${PYTHON:-python3}" -c '
import re, sys, rfc8785
front, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", sys.stdin.read(), re.S).groups()
inputs = {}
for name, kind, required in re.findall(r"^  (\w+): \{kind: (\w+)(, required: true)?\}$", front, re.M):
    inputs[name] = {"kind": kind, **({"required": True} if required else {})}
parts = re.split(r"^# (system|user):$\n?", body, flags=re.M)[1:]
messages = [{"role": r, "text": t.strip("\n")} for r, t in zip(parts[::2], parts[1::2])]
root = sys.argv[1]
bundle = {"schema": "promptctl.bundle/v1", "root": root, "artifacts": {root: {"inputs": inputs, "messages": messages}}}
sys.stdout.buffer.write(rfc8785.dumps(bundle))
' "${tag%/v*}" > "${TMPDIR:-/tmp}/bundle.$$"
rebuilt=sha256:$(sha256sum < "${TMPDIR:-/tmp}/bundle.$$" | cut -d' ' -f1)
rm -f "${TMPDIR:-/tmp}/bundle.$$"
[ "$promised" = "$stored" ] && [ "$promised" = "$rebuilt" ]
echo "$tag: rebuilt, equal"
