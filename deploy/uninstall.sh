#!/bin/sh
# uninstall.sh [--purge]: takes Kerbside off a box. Keeps its configuration and its data, in which cases may still wait
# for the centre; with --purge they go too. Run it again and nothing happens. DESTDIR as in install.sh.
set -u
D="${DESTDIR:-}"
case ${1:-} in
'' | --purge) ;;
-h | --help)
  sed -n '2,3s/^# \{0,1\}//p' "$0"
  exit 0
  ;;
*)
  echo "uninstall.sh: $1: no such option; usage: uninstall.sh [--purge]" >&2
  exit 2
  ;;
esac
if [ -z "$D" ] && [ "$(id -u)" != 0 ]; then
  echo 'uninstall.sh: run it as root' >&2
  exit 2
fi
if [ -z "$D" ]; then
  if [ -d /run/systemd/system ]; then
    systemctl -q disable --now kerbside 2>/dev/null
  elif read -r pid rest 2>/dev/null </run/kerbside/launcher; then
    # the launcher ends everything in order and then removes its note
    kill "$pid" 2>/dev/null && while [ -d "/proc/$pid" ]; do sleep 0.2; done
  fi
fi
rm -rf "$D/opt/kerbside" "$D/usr/lib/kerbside" "$D/run/kerbside"
rm -f "$D/etc/systemd/system/kerbside.service" "$D/etc/systemd/journald@kerbside.conf" "$D/usr/bin/kerbside"
[ -n "$D" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload
# Without its slots the record of them is wrong; everything else waits for a new installation.
rm -rf "$D/var/lib/kerbside/launch" "$D/var/lib/kerbside/compiled"
if [ "${1:-}" = --purge ]; then
  rm -rf "$D/etc/kerbside" "$D/var/lib/kerbside"
  [ -n "$D" ] || ! id kerbside >/dev/null 2>&1 || userdel kerbside
fi
exit 0
