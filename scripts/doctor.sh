# Sourced by ./labeler: what `doctor` can say where the command line cannot run, because .NET or TLS is missing. Changes nothing.
# shellcheck shell=bash disable=SC2154  # cli is the launcher's

# Whether the command line itself can run, or be built.
can_run_doctor() { has_dotnet && { [[ -e $cli ]] || has_tls; }; }

# doctor_without_dotnet [--json]   prints what is missing and how to get it; ends with 1
doctor_without_dotnet() {
  local json='' word findings=()
  for word in "$@"; do [[ $word != --json ]] || json=1; done
  has_dotnet || found ".NET SDK" problem "the .NET SDK 10 is missing: nothing of LabelerService can be built or run" \
    "any command but this one installs it where apt offers it; else install dotnet-sdk-10.0 (https://learn.microsoft.com/dotnet/core/install/linux)"
  has_tls || found "TLS" problem "OpenSSL or the certificates of authorities are missing: packages cannot be downloaded" "apt-get install ca-certificates"
  has_libstdcxx || found "libstdc++" problem "older than GCC 13 (GLIBCXX_3.4.32 is missing), which libtorch needs" \
    "./labeler serve installs it on Debian and Ubuntu; else take libstdc++6 of GCC 13 or newer from the system's packages"
  has_postgres || found "PostgreSQL" problem "version 15 or newer is missing; the service keeps its data in a cluster of its own" \
    "./labeler serve installs it on Debian and Ubuntu (apt-get install postgresql); or give --postgres a server"
  if [[ -n $json ]]; then
    printf '{"ok": false, "findings": [%s]}\n' "$(IFS=,; printf '%s' "${findings[*]}")"
  else
    say "without .NET there is no more to look at; start again when it is installed"
  fi
  exit 1
}

# found CHECK LEVEL DETAIL FIX
found() {
  if [[ -n $json ]]; then
    findings+=("$(printf '{"check": "%s", "level": "%s", "detail": "%s", "fix": "%s"}' "$@")")
  else
    printf '%-8s %-11s %s\n%-8s %-11s → %s\n' "$2" "$1" "$3" '' '' "$4"
  fi
}
