#!/bin/sh
# install.sh RELEASE: makes or updates a box from a release file, without a network. Run it again and nothing changes.
#
# In:  kerbside-VERSION-COMMIT-ARCH.tar.zst; beside it SHA256SUMS and, for the first time, node-VERSION-ARCH.gz: a fresh
#      Debian has gzip but no zstd, so the pinned Node unpacks the release.
# Out: user kerbside, /opt/kerbside/{a,b}, /usr/lib/kerbside, /etc/kerbside, /var/lib/kerbside, a systemd unit.
#      First time: the release in slot a. Later: in the slot that does not run, which the launcher then tries.
# Never: the slot that runs is touched; a half-unpacked slot is complete; a configuration is overwritten.
# DESTDIR=DIR puts everything below DIR and makes no user and starts nothing (for tests and images).
# Exit: 0 done, 1 failed (what was there is untouched), 2 wrong usage or a release that is not for this machine.
set -u
umask 022
D="${DESTDIR:-}"
opt="$D/opt/kerbside" lib="$D/usr/lib/kerbside" etc="$D/etc/kerbside" home="$D/var/lib/kerbside"
launch="$home/launch"
work=

fail() { # STATUS WORDS
  status=$1
  shift
  echo "install.sh: $*" >&2
  exit "$status"
}
say() { echo "install.sh: $*" >&2; }
flush() { sync -f "$1" 2>/dev/null || sync; }
field() { sed -n "s/^$2=\([ab]*\)\$/\1/p" "$1" 2>/dev/null; }

# put FILE DESTINATION MODE: in one step, and only where it differs
put() {
  cmp -s "$1" "$2" && return 0
  cp "$1" "$2.tmp" && chmod "$3" "$2.tmp" && mv -f "$2.tmp" "$2" || fail 1 "$2 cannot be written"
}

case ${1:-} in
-h | --help)
  sed -n '2,12s/^# \{0,1\}//p' "$0"
  exit 0
  ;;
'') fail 2 'no release is named; usage: install.sh RELEASE.tar.zst' ;;
esac
release=$1
[ -f "$release" ] || fail 2 "$release: no such file; give the .tar.zst that ota release made"
[ -n "$D" ] || [ "$(id -u)" = 0 ] || fail 2 'run it as root'
name=$(basename "$release" .tar.zst)
case $name in *[!A-Za-z0-9._-]* | '') fail 2 "$release: not the name of a release" ;; esac
case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
case $name in *-"$arch") ;; *) fail 2 "$release: not for this machine ($arch); take the release for $arch" ;; esac
here=$(cd "$(dirname "$release")" && pwd -P)

# checked FILE: its bytes are those that SHA256SUMS names
checked() {
  [ -f "$here/SHA256SUMS" ] || return 0
  line=$(grep "  $(basename "$1")\$" "$here/SHA256SUMS") || return 0
  (cd "$here" && echo "$line" | sha256sum -c --status) || fail 2 "$1: damaged; copy it again"
}

trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# --- which slot
mkdir -p "$opt" "$lib" "$etc" "$launch" || fail 1 "$opt cannot be made"
committed=$(field "$launch/state" committed)
[ -z "$(field "$launch/state" trial)" ] || fail 1 'a release is being tried at this moment; wait for its end'
[ -f "$launch/want" ] && fail 1 'a release waits to be tried; start the box, or remove /var/lib/kerbside/launch/want'
if [ -z "$committed" ]; then slot=a; elif [ "$committed" = a ]; then slot=b; else slot=a; fi

# --- unpack it, unless it is what runs
if [ -n "$committed" ] && [ "$(cat "$opt/$committed/OK" 2>/dev/null)" = "$name" ]; then
  say "$name is installed already, in slot $committed"
  slot=$committed filled=
else
  checked "$release"
  work="$opt/.install"
  rm -rf "$work"
  # it grows to four times its size
  df -Pk "$opt" 2>/dev/null | {
    read -r _ && read -r _ _ _ free _ || exit 0
    [ "$free" -gt $(($(wc -c <"$release") / 1024 * 5)) ]
  } || fail 1 "$opt: the disk is too full; make room for five times the release"
  mkdir "$work" || fail 1 "$opt cannot be written"
  unpacker=
  if command -v zstd >/dev/null; then
    unpack() { zstd -dcq --long=27 "$release"; }
    unpacker=zstd
  else
    for node in "$opt/${committed:-a}"/cache/node-*/bin/node; do [ -x "$node" ] && unpacker=$node; done
    if [ -z "$unpacker" ]; then
      for gz in "$here"/node-*-"$arch".gz; do
        [ -f "$gz" ] || fail 1 "nothing here unpacks zstd: copy node-VERSION-$arch.gz beside the release, or install zstd"
        checked "$gz"
        gzip -dc "$gz" >"$work/node" && chmod 755 "$work/node" || fail 1 "$gz cannot be unpacked (disk full?)"
        unpacker="$work/node"
      done
    fi
    unpack() {
      "$unpacker" -e 'const {pipeline}=require("node:stream/promises");
        pipeline(require("node:fs").createReadStream(process.argv[1]),require("node:zlib").createZstdDecompress(),process.stdout)
        .catch((e)=>{console.error(e.code==="EPIPE"?"":e.message);process.exit(1)})' "$release"
    }
  fi
  say "unpacking $name into slot $slot"
  mkdir "$work/slot"
  # tar itself refuses names that climb out; a failed unpacker leaves a tar that is cut off, and no mark
  words=$({ { unpack && : >"$work/whole"; } | tar -x -C "$work/slot" --no-same-owner -f - && : >"$work/out"; } 2>&1 | head -n 1)
  [ -f "$work/whole" ] && [ -f "$work/out" ] || fail 1 "$release: cannot be unpacked: ${words:-damaged}"
  grep -q "\"arch\":\"$arch\"" "$work/slot/release.json" 2>/dev/null || fail 2 "$release: not a release for $arch"
  [ -x "$work/slot/deploy/slot/start" ] || fail 2 "$release: not a release"
  rm -f "$work/slot/OK"
  flush "$work/slot"
  echo "$name" >"$work/slot/OK"
  flush "$work/slot"
  filled=yes
fi

# --- the user, the folders, the files outside the slots
if [ -z "$D" ]; then
  if ! id kerbside >/dev/null 2>&1; then
    useradd --system --user-group --home-dir /var/lib/kerbside --no-create-home --shell /usr/sbin/nologin kerbside ||
      fail 1 'the user kerbside cannot be made'
  fi
  for group in dialout gpio video; do
    if grep -q "^$group:" /etc/group; then usermod -aG "$group" kerbside; fi
  done
fi
from="$opt/$slot"
[ -z "$filled" ] || from="$work/slot"
mkdir -p "$D/etc/systemd/system" "$D/usr/bin" || fail 1 "$D/etc/systemd/system cannot be made"
put "$from/deploy/launcher" "$lib/launcher" 755
put "$from/deploy/uninstall.sh" "$lib/uninstall.sh" 755
put "$from/deploy/system/kerbside" "$D/usr/bin/kerbside" 755
put "$from/deploy/system/kerbside.service" "$D/etc/systemd/system/kerbside.service" 644
put "$from/deploy/system/journald@kerbside.conf" "$D/etc/systemd/journald@kerbside.conf" 644
if [ ! -f "$etc/box.yaml" ]; then
  read -r uuid </proc/sys/kernel/random/uuid
  sed "s/@DEVICE@/box-${uuid%%-*}/" "$from/deploy/system/box.yaml" >"$etc/box.yaml.tmp" || fail 1 "$etc cannot be written"
  chmod 640 "$etc/box.yaml.tmp" # it will hold the broker's password
  mv "$etc/box.yaml.tmp" "$etc/box.yaml"
fi
chmod 750 "$home"
if [ -z "$D" ]; then
  chown root:kerbside "$etc" "$etc/box.yaml"
  chown kerbside:kerbside "$opt" "$home" "$launch"
  [ -z "$filled" ] || chown -R kerbside:kerbside "$work/slot"
fi

# --- the slot takes its name, and the launcher is told
if [ -n "$filled" ]; then
  flush "$work/slot"
  rm -rf "${opt:?}/$slot"
  mv "$work/slot" "$opt/$slot" || fail 1 "$opt/$slot cannot be made"
  flush "$opt"
  if [ -z "$committed" ]; then
    text="committed=$slot
trial=
tries=0
starts=0
end=yes"
    tell=state
  else
    text=$slot tell=want
  fi
  echo "$text" >"$launch/$tell.tmp" && flush "$launch" && mv -f "$launch/$tell.tmp" "$launch/$tell" ||
    fail 1 "$launch cannot be written"
  flush "$launch"
  [ -n "$D" ] || chown -R kerbside:kerbside "$launch"
fi

if [ -z "$D" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable -q kerbside
  if systemctl -q is-active kerbside; then
    [ -z "$filled" ] || systemctl kill -s USR1 --kill-who=main kerbside
  else
    systemctl start kerbside
  fi
fi
command -v ffmpeg >/dev/null || say 'ffmpeg is missing: cameras need it (apt-get install --no-install-recommends ffmpeg)'
if [ -z "$filled" ]; then say 'nothing to do'; elif [ -z "$committed" ]; then say "installed in slot $slot"; else
  say "slot $slot will be tried"
fi
