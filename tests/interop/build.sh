#!/bin/sh
# Builds the client programs of this folder in $1: pinned versions, checked against their hashes
# (package-lock.json, go.sum, jars.sha256). Needs node, npm, go, a JDK and Maven.
set -eu
here=$(dirname "$0")
out=$1
mkdir -p "$out/node" "$out/go" "$out/java/jars"
cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/client.mjs" "$out/node/"
(cd "$out/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
(cd "$here/go" && go build -trimpath -o "$out/go/client" .)
mvn -q -B -f "$here/java/pom.xml" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
  -DoutputDirectory="$out/java/jars"
sums=$(cd "$here/java" && pwd)/jars.sha256
(cd "$out/java/jars" && sha256sum --quiet -c "$sums")
javac -cp "$out/java/jars/*" -d "$out/java" "$here/java/Client.java"
