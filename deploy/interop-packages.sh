#!/bin/sh
# Installs what `make interop` needs from the distribution where it is missing and we may; else says
# so. Go must be 1.26 or newer, which older distributions do not have.
set -eu
missing=""
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
command -v go >/dev/null 2>&1 || missing="$missing golang-go"
command -v javac >/dev/null 2>&1 || missing="$missing default-jdk-headless"
command -v mvn >/dev/null 2>&1 || missing="$missing maven"
test -e /usr/lib/apache2/modules/mod_auth_openidc.so || missing="$missing apache2 libapache2-mod-auth-openidc"
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of package names
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    echo "make interop needs these packages of your distribution:$missing" >&2
    exit 1
  fi
fi
case "$(go env GOVERSION)" in
  go1.2[6-9]* | go1.[3-9][0-9]*) ;;
  *) echo "make interop needs Go 1.26 or newer; here is $(go env GOVERSION)" >&2; exit 1 ;;
esac
