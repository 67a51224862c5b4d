# Sourced by ./labeler: builds what changed, once, however many launchers start together.
# shellcheck shell=bash disable=SC2154  # bin, output, cli and bench are the launcher's

# build apps       the three executables
# build bench      these, and the benchmarks
# build solution   everything, tests included
build() {
  local what=$1 projects stamp lock
  local state=$LABELER_HOME/artifacts/launcher
  case $what in
    apps | bench) projects=$LABELER_HOME/scripts/$what.slnf ;;
    solution) projects=$LABELER_HOME/LabelerService.sln ;;
  esac
  stamp=$state/$what.built
  up_to_date "$what" "$stamp" && return
  mkdir -p "$state"
  exec {lock}>"$state/build.lock"
  if ! flock --nonblock "$lock"; then
    say "another launcher is building; waiting for it"
    flock "$lock"
  fi
  if ! up_to_date "$what" "$stamp"; then
    # The stamp is as old as the start of the build: what is edited meanwhile is built next time.
    touch "$state/building"
    run_build "$what" "$projects" "$state/build-$what.log" "$lock"
    # What holds the smaller builds has built them too.
    [[ $what == apps ]] || cp -p "$state/building" "$state/apps.built"
    [[ $what != solution ]] || cp -p "$state/building" "$state/bench.built"
    mv "$state/building" "$stamp"
  fi
  exec {lock}>&-
}

# A folder's time changes when a file in it is added, renamed or removed, so folders are compared too.
up_to_date() {
  local what=$1 stamp=$2 newer
  local sources=(src protos scripts/apps.slnf LabelerService.sln Directory.Build.props Directory.Packages.props global.json nuget.config .editorconfig BannedSymbols.txt)
  case $what in
    bench) sources+=(scripts/bench.slnf tests/Directory.Build.props tests/Directory.Build.targets tests/LabelerService.Benchmarks tests/LabelerService.TestKit.Crowds) ;;
    solution) sources+=(tests) ;;
  esac
  [[ $what == apps || -e $bench ]] || return 1
  [[ -e $stamp && -e $cli && -e $LABELER_SERVER_DLL && -e $LABELER_TRAINER_DLL ]] || return 1
  newer=$(cd "$LABELER_HOME" && find "${sources[@]}" \( -name bin -o -name obj -o -name TestResults \) -prune -o -newer "$stamp" -print -quit) || return 1
  [[ -z $newer ]]
}

run_build() {
  local what=$1 projects=$2 log=$3 lock=$4 started=$SECONDS
  if [[ -e $cli ]]; then
    say "building what changed"
  else
    say "building for the first time (packages are downloaded; takes some minutes)"
  fi
  # Without build servers: a process that outlives the launcher would hold memory, and the lock if it inherited it.
  if ! dotnet build "$projects" --configuration Release --nologo --verbosity quiet -consoleLoggerParameters:NoSummary --disable-build-servers \
    >"$log" 2>&1 </dev/null {lock}>&-; then
    cat "$log" >&2
    fail "the build failed (log: $log)"
  fi
  say "built in $((SECONDS - started)) s"
}
