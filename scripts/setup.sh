# Sourced by ./labeler: finds what the machine lacks and installs it, on Debian and Ubuntu.
# Nothing lacks: no process is started, nothing is written, nothing is said.
# shellcheck shell=bash disable=SC1091  # /etc/os-release is this machine's

# set_up_machine NEED...   needs: dotnet, libstdc++, postgres, chromium, python
#   PostgreSQL and Python go before libstdc++, which may replace the C library that Debian 12's packages were made for.
set_up_machine() {
  local need reasons=() plan=''
  # Libraries with native code (libtorch, ONNX Runtime) are taken for this platform only.
  [[ $OSTYPE == linux* && $HOSTTYPE == x86_64 ]] || fail "runs on Linux x86-64; this is $OSTYPE on $HOSTTYPE"
  for need in "$@"; do
    case $need in
      dotnet)
        has_tls || lacks "TLS certificates and OpenSSL (to download packages)" plan_certificates
        has_dotnet || lacks "the .NET SDK 10 (to build and run)" plan_dotnet ;;
      libstdc++) has_libstdcxx || lacks "libstdc++ of GCC 13 or newer, GLIBCXX_3.4.32 (libtorch needs it; on Debian 12 taken from Debian 13, with its libc6)" plan_libstdcxx ;;
      chromium) has_chromium || lacks "Chromium (the tests of the dashboard drive it)" plan_chromium ;;
      python) has_python || lacks "Python's gRPC, protobuf, NumPy, pandas, pytest, mypy and protoc (the tests of the Python client use them)" plan_python ;;
      postgres) has_postgres || lacks "PostgreSQL 15 or newer (the service keeps its data in a cluster of its own)" plan_postgres ;;
    esac
  done
  [[ -z $plan ]] || install_plan
  # The SDK itself wants ICU unless told otherwise; LabelerService is culture-invariant anyway.
  library 'libicuuc.so.*' >/dev/null || export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
}

# lacks WHAT PLAN_FUNCTION   notes the reason and adds the function's commands to the plan
lacks() {
  [[ -n $plan ]] || read_distribution
  say "this machine lacks $1"
  reasons+=("$1")
  plan+=$("$2") || exit 1
  plan+=$'\n'
}

# ---- what is there ----

# First file of that name among the system's libraries.
library() {
  local file
  for file in /usr/lib/x86_64-linux-gnu/$1 /lib/x86_64-linux-gnu/$1 /usr/lib64/$1 /lib64/$1 /usr/lib/$1; do
    [[ -e $file ]] && { printf '%s' "$file"; return; }
  done
  return 1
}

has_tls() { [[ -n $(library 'libssl.so.*') && (-e /etc/ssl/certs/ca-certificates.crt || -e /etc/pki/tls/certs/ca-bundle.crt) ]]; }

# global.json asks for 10.0.1xx or a newer feature band of 10.0.
has_dotnet() {
  local root
  if ! command -v dotnet >/dev/null; then
    for root in "${DOTNET_ROOT:-}" "$HOME/.dotnet" /usr/share/dotnet /usr/lib/dotnet; do
      [[ -n $root && -x $root/dotnet ]] && { export PATH=$root:$PATH DOTNET_ROOT=$root; break; }
    done
  fi
  command -v dotnet >/dev/null || return 1
  root=$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")
  compgen -G "$root/sdk/10.0.[1-9][0-9][0-9]" >/dev/null || [[ $'\n'$(dotnet --list-sdks 2>/dev/null) == *$'\n10.0.'[1-9][0-9][0-9]' '* ]]
}

has_libstdcxx() {
  local file
  file=$(library libstdc++.so.6) && LC_ALL=C grep -qaF GLIBCXX_3.4.32 "$file"
}

# The server looks in the same two places.
has_postgres() {
  local directory version
  for directory in /usr/lib/postgresql/*/bin; do
    version=${directory#/usr/lib/postgresql/}
    version=${version%/bin}
    [[ $version =~ ^[0-9]+$ && $version -ge 15 && -x $directory/initdb && -x $directory/postgres ]] && return
  done
  command -v initdb >/dev/null && command -v postgres >/dev/null || return 1
  version=$(postgres --version)
  [[ $version =~ \ ([0-9]+) && ${BASH_REMATCH[1]} -ge 15 ]]
}

# The tests look in the same places.
has_chromium() {
  local file
  for file in "${LABELER_CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
    [[ -n $file && -x $file ]] && return
  done
  return 1
}

# The distribution's own, which /usr/bin/python3 finds whatever other Python there is.
has_python() {
  local name
  for name in grpc google/protobuf numpy pandas pytest mypy; do
    [[ -e /usr/lib/python3/dist-packages/$name ]] || return 1
  done
  [[ -x /usr/bin/python3 && -x /usr/bin/protoc && -x /usr/bin/grpc_python_plugin ]]
}

# ---- how to get it: each plan_ function prints the commands, or says what to do and fails ----

read_distribution() {
  distribution=$(. /etc/os-release 2>/dev/null && printf '%s' "${ID:-}") || true
  release=$(. /etc/os-release 2>/dev/null && printf '%s' "${VERSION_ID:-0}") || true
  codename=$(. /etc/os-release 2>/dev/null && printf '%s' "${VERSION_CODENAME:-}") || true
}

# Whether the distribution's own packages are new enough: PostgreSQL 15 and, but for Debian 12, GCC 13's libstdc++.
is_debian() { [[ $distribution == debian && ${release%%.*} -ge 12 ]]; }
is_ubuntu() { [[ $distribution == ubuntu && ${release%%.*} -ge 24 ]]; }

plan_certificates() {
  [[ $distribution == debian || $distribution == ubuntu ]] || fail "install OpenSSL 3 and ca-certificates with this system's package manager, then start again"
  printf 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 ca-certificates'
}

plan_dotnet() {
  if apt_offers dotnet-sdk-10.0; then
    printf 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 dotnet-sdk-10.0'
    return
  fi
  say "apt does not offer it here. Two ways to get it:"
  say "  Microsoft's packages:  https://learn.microsoft.com/dotnet/core/install/linux  (package dotnet-sdk-10.0)"
  say "  without root:          https://dot.net/v1/dotnet-install.sh  (--channel 10.0; ~/.dotnet is found by ./labeler)"
  fail "then start again"
}

plan_postgres() {
  if is_debian || is_ubuntu; then
    # A Debian 12 that has Debian 13's libc6 (see below) needs Debian 13's locales with it.
    if dpkg --compare-versions "$(dpkg-query -W -f '${Version}' libc6)" ge 2.41 && apt_has_trixie locales; then
      printf 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -t trixie locales\n'
    fi
    # The distribution would create and start a cluster on port 5432; the service makes its own.
    cat <<'PLAN'
mkdir -p /etc/postgresql-common/createcluster.d
trap 'rm -f /etc/postgresql-common/createcluster.d/labeler.conf' EXIT
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/labeler.conf
PLAN
    printf 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 postgresql'
  elif [[ $distribution == ubuntu ]]; then
    fail "Ubuntu $release has an older one. Use Ubuntu 24.04, or packages of https://wiki.postgresql.org/wiki/Apt (postgresql-17), or give --postgres a server that exists"
  else
    fail "install PostgreSQL 15 or newer with this system's package manager (initdb and postgres on the PATH), or give --postgres a server that exists"
  fi
}

plan_chromium() {
  if [[ $distribution == debian ]]; then
    # With a font: without one, pages have no letters.
    printf 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 chromium fonts-dejavu-core'
    return
  fi
  # Ubuntu's package of that name only fetches a snap.
  say "install Chrome (https://www.google.com/chrome) or 'sudo snap install chromium', or name a Chromium with LABELER_CHROMIUM=FILE (a snap's: /snap/bin/chromium);"
  fail "or run the other tests: dotnet test tests/PROJECT, PROJECT being any but LabelerService.EndToEnd"
}

plan_python() {
  is_debian || is_ubuntu || fail "the tests of the Python client use packages of Debian 12 or Ubuntu 24.04 and newer; elsewhere run the other tests: dotnet test tests/PROJECT, PROJECT being any but LabelerService.EndToEnd"
  printf 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 python3 python3-grpcio python3-protobuf python3-numpy python3-pandas python3-pytest mypy protobuf-compiler protobuf-compiler-grpc'
}

plan_libstdcxx() {
  local mirror
  if is_ubuntu || { is_debian && ((${release%%.*} > 12)); }; then
    printf 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 libstdc++6'
  elif is_debian; then
    # Debian 12 ships GCC 12's. Debian 13's replaces it, compatibly, and brings the libc6 that it needs; at priority 100 nothing
    # else comes from there by itself.
    if ! apt_has_trixie libstdc++6; then
      mirror=$(debian_mirror)
      cat <<PLAN
cat >/etc/apt/preferences.d/labeler-trixie <<'FILE'
Package: *
Pin: release n=trixie
Pin-Priority: 100
FILE
cat >/etc/apt/sources.list.d/labeler-trixie.sources <<'FILE'
Types: deb
URIs: $mirror
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
FILE
apt-get update -qq -o Dir::Etc::sourcelist=sources.list.d/labeler-trixie.sources -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
PLAN
    fi
    printf 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -t trixie libstdc++6'
  elif [[ $distribution == ubuntu ]]; then
    say "Ubuntu $release is too old to have it. Use Ubuntu 24.04, or add the toolchain archive, then start again:"
    fail "  sudo add-apt-repository -y ppa:ubuntu-toolchain-r/test && sudo apt-get install -y libstdc++6"
  else
    fail "install the libstdc++ of GCC 13 or newer with this system's package manager, then start again"
  fi
}

# A new machine may have no package lists yet, so they are fetched before the answer is no.
apt_offers() {
  command -v apt-cache >/dev/null || return 1
  [[ -z $(apt-cache madison "$1" 2>/dev/null) ]] || return 0
  as_root 'apt-get update -qq' >/dev/null 2>&1 || return 1
  [[ -n $(apt-cache madison "$1" 2>/dev/null) ]]
}

apt_has_trixie() { [[ $(apt-cache madison "$1" 2>/dev/null) == *' trixie/'* ]]; }

# The mirror that this machine takes its own Debian release from.
debian_mirror() {
  local uri=
  uri=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v suite="$codename" '
    /^URIs:/ { uri = $2 }
    /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite) here = 1 }
    /^[[:space:]]*$/ { if (here && uri != "") exit; uri = ""; here = 0 }
    END { if (here && uri ~ /^https?:/) print uri }')
  if [[ -z $uri ]]; then
    uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk -v suite="$codename" '
      $1 == "deb" { gsub(/\[[^]]*\] */, ""); if ($3 == suite && $2 ~ /^https?:/) { print $2; exit } }')
  fi
  printf '%s' "${uri:-http://deb.debian.org/debian}"
}

# ---- doing it ----

install_plan() {
  local log
  plan="set -e
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
for try in 1 2 3 4 5 6; do apt-get update -qq && break; sleep 10; done
$plan"
  if ! can_be_root; then
    say "not root, and sudo asks for a password. Run these commands as root (sudo -s), then start again:"
    printf '\n%s\n' "$plan" >&2
    exit 1
  fi
  say "installing it now (apt-get; a minute or two)"
  log=$(mktemp)
  if ! as_root "$plan" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    fail "the installation failed (log: $log)"
  fi
  rm -f "$log"
  say "installed"
}

can_be_root() { ((EUID == 0)) || sudo -n true 2>/dev/null; }

as_root() {
  if ((EUID == 0)); then
    bash -c "$1" </dev/null
  else
    sudo -n bash -c "$1" </dev/null
  fi
}
