# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What deploy/up and deploy/down must agree on: where everything is, and how a service is recognised, started and stopped.
#
# PERSONKORT_ROOT=DIR puts every path below DIR; services then run as whoever calls, and systemd is left out.

root=${PERSONKORT_ROOT:-}
root=${root%/}
bin_dir=$root/usr/local/bin
libexec_dir=$root/usr/local/libexec/personkort
share_dir=$root/usr/local/share/personkort # the configuration as it was installed, to tell what an operator has edited
config_dir=$root/etc/personkort
data_dir=$root/var/lib/personkort
backup_dir=$data_dir-backup # unless the settings name another; its disk should be another
log_dir=$root/var/log/personkort
run_dir=$root/run/personkort
unit_dir=$root/etc/systemd/system

ready_seconds=60
opening_seconds=3600 # of a service that lives: a new version may have to bring a large store forward
settle_seconds=15
stop_seconds=60

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The machine's own places belong to root: an ordinary user is asked for a password once, here.
need_root() {
    [ -z "$root" ] || return 0
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null || die "run it as root, or install sudo"
    exec sudo --preserve-env=PERSONKORT_BUILD_DIR -- "$0" "$@"
}

has_systemd() {
    [ -z "$root" ] && [ -d /run/systemd/system ]
}

# The sections of a bus file, in its order: a service each.
services_of() {
    sed -n 's/^\([a-z][a-z0-9_]*\)[[:space:]]*$/\1/p' "$1"
}

# Those of them that are installed here.
installed_services() {
    local name
    services_of "$config_dir/bus.zpl" | while read -r name; do
        [ ! -x "$libexec_dir/personkort-$name" ] || echo "$name"
    done
}

# The folder of backups: by the settings, or beside the data.
backup_folder() {
    local folder=''
    [ ! -r "$config_dir/personkort.zpl" ] ||
        folder=$(sed -n '/^backup[[:space:]]*$/,/^[a-z]/ s/^[[:space:]][[:space:]]*folder = "\(.*\)".*/\1/p' "$config_dir/personkort.zpl")
    echo "${folder:-$backup_dir}"
}

# Who owns the data, and therefore the backups.
data_owner() {
    if [ -d "$data_dir" ]; then stat -c %U "$data_dir"; else id -un; fi
}

as_data_owner() {
    local owner
    owner=$(data_owner)
    if [ "$owner" = "$(id -un)" ]; then "$@"; else runuser -u "$owner" -- "$@"; fi
}

# Prints the number that systemd or the pid file has for a service; it may be another process's by now.
noted_pid_of() {
    local pid=''
    if has_systemd; then
        pid=$(systemctl show --property MainPID --value "personkort@$1.service")
    elif [ -r "$run_dir/$1.pid" ]; then
        read -r pid <"$run_dir/$1.pid" || true
    fi
    [[ $pid =~ ^[1-9][0-9]*$ ]] && echo "$pid"
}

# Prints the process id of a service that runs and whose program is ours, whichever version of it.
pid_of() {
    local pid exe
    pid=$(noted_pid_of "$1") && exe=$(readlink "/proc/$pid/exe") || return 1
    # The kernel marks a program whose file was replaced.
    [ "${exe% (deleted)}" = "$libexec_dir/personkort-$1" ] && echo "$pid"
}

# Whether the running process is the program that is installed now.
is_current() {
    [ "$(readlink "/proc/$1/exe")" = "$libexec_dir/personkort-$2" ]
}

# Polls a command until it succeeds, ten times a second.
wait_until() {
    local seconds=$1
    shift
    local end=$((SECONDS + seconds))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

is_gone() {
    ! pid_of "$1" >/dev/null
}

# Stops a service and waits until it has answered what it had taken in and is gone.
stop_service() {
    local name=$1 pid
    pid=$(pid_of "$name") || {
        rm -f "$run_dir/$name.pid"
        return 0
    }
    if has_systemd; then
        systemctl stop "personkort@$name.service"
    else
        kill -TERM "$pid"
    fi
    wait_until "$stop_seconds" is_gone "$name" ||
        die "$name (process $pid) has not ended after $stop_seconds s; kill -9 $pid loses nothing that was answered"
    rm -f "$run_dir/$name.pid"
    say "stopped $name (process $pid)"
}
