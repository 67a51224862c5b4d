# Sourced by ./labeler: the server and trainer of the version before this one, for the tests of upgrades.
# shellcheck shell=bash disable=SC2154  # output is the launcher's

# build_previous   builds the commit that deploy/previous-version names, once, into artifacts/previous/COMMIT, and says where it is
build_previous() {
  local commit source lock started=$SECONDS
  commit=$(tr -d '[:space:]' <"$LABELER_HOME/deploy/previous-version")
  source=$LABELER_HOME/artifacts/previous/$commit
  export LABELER_PREVIOUS_BIN=$source/artifacts/bin
  [[ ! -e $source/built ]] || return 0
  git -C "$LABELER_HOME" cat-file -e "$commit^{commit}" 2>/dev/null ||
    fail "the commit $commit, which deploy/previous-version names, is not in this clone. Its history is cut off: get it with 'git fetch --unshallow', or 'git fetch origin $commit'"
  mkdir -p "$LABELER_HOME/artifacts/previous"
  exec {lock}>"$LABELER_HOME/artifacts/previous/build.lock"
  flock "$lock"
  if [[ ! -e $source/built ]]; then
    say "building the previous version, $commit"
    rm -rf "$source"
    mkdir "$source"
    git -C "$LABELER_HOME" archive "$commit" | tar -x -C "$source"
    # One after the other, as both build the projects that they share. It was checked when it was new: no analyzers.
    previous_project LabelerService.Server
    previous_project LabelerService.Trainer
    touch "$source/built"
    say "built the previous version in $((SECONDS - started)) s"
  fi
  exec {lock}>&-
}

previous_project() {
  if ! (cd "$source" && dotnet build "src/$1" --configuration Release --nologo --verbosity quiet -consoleLoggerParameters:NoSummary --disable-build-servers \
    -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -p:GenerateDocumentationFile=false -p:NuGetAudit=false -p:TreatWarningsAsErrors=false) \
    >"$source/build-$1.log" 2>&1 </dev/null {lock}>&- || [[ ! -e $LABELER_PREVIOUS_BIN/$1/$output/$1.dll ]]; then
    cat "$source/build-$1.log" >&2
    fail "the previous version does not build (log: $source/build-$1.log)"
  fi
}
