# Sourced by ./labeler: runs the test projects and adds up their results.
# shellcheck shell=bash disable=SC2154  # bin, output and cli are the launcher's

# run_tests [FILTER]   Last line on standard output: "N passed, N failed[, N skipped]". Returns non-zero on a failure, or if nothing ran.
# A suite's name as filter is its long form: minutes instead of seconds, with what was tried printed at the end.
run_tests() {
  local results=$LABELER_HOME/artifacts/test-results project name trx report total executed passed running=
  local all_passed=0 all_failed=0 all_skipped=0 others=() last=()
  # These take one core for minutes, and those below all there are.
  local beside=LabelerService.Learning.Tests alone=LabelerService.EndToEnd
  # What needs a build of the previous version runs only where it is asked for.
  local filter='Suite!=upgrade' patience=10m
  (($# <= 1)) || fail "test takes one filter: part of a test's full name"
  case ${1:-} in
    '') ;;
    security | faults | upgrade)
      export LABELER_LONG=1
      filter="Suite=$1" patience=60m ;;
    *) filter="FullyQualifiedName~$1&$filter" ;;
  esac
  export LABELER_TEST_REPORTS=$results/reports

  build solution
  [[ ${1:-} != upgrade ]] || build_previous
  rm -rf "$results"
  mkdir -p "$results"
  for project in "$LABELER_HOME"/tests/*/*.csproj; do
    name=$(basename "$project" .csproj)
    case $name in
      "$alone") last=("$name") ;;
      "$beside") run_project "$name" >"$results/$name.log" 2>&1 & running=$! ;;
      *.Tests) others+=("$name") ;;
    esac
  done
  for name in "${others[@]}"; do run_project "$name"; done
  if [[ -n $running ]]; then
    wait "$running" || touch "$results/$beside.broken"
    cat "$results/$beside.log"
    rm "$results/$beside.log"
    others+=("$beside")
  fi
  for name in "${last[@]}"; do run_project "$name"; done

  for name in "${others[@]}" "${last[@]}"; do
    trx=$results/$name.trx
    if [[ ! -e $trx ]]; then
      # Nothing of it matches the filter, or it has said that it did not run to its end.
      [[ ! -e $results/$name.broken ]] || all_failed=$((all_failed + 1))
      continue
    fi
    read -r total executed passed < <(counters_of "$trx")
    if ((total == 0 && $# == 0)); then
      printf '%s: has no test\n' "$name"
      all_failed=$((all_failed + 1))
    elif [[ -e $results/$name.broken ]] && ((executed == passed)); then
      printf '%s: the run broke off\n' "$name"
      all_failed=$((all_failed + 1))
    fi
    all_passed=$((all_passed + passed))
    all_failed=$((all_failed + executed - passed))
    all_skipped=$((all_skipped + total - executed))
  done

  rm -f "$results"/*.broken
  find "$results" -mindepth 1 -type d -empty -delete

  printf '\n'
  if [[ -n ${LABELER_LONG:-} ]]; then
    # One of each process that ran tests.
    for report in "$LABELER_TEST_REPORTS/$1".*.md; do [[ ! -e $report ]] || cat "$report"; done
    printf '\n'
  fi
  ((all_passed + all_failed)) || say "no test ran${1:+: no full name contains $1}"
  if ((all_skipped)); then
    printf '%d passed, %d failed, %d skipped\n' "$all_passed" "$all_failed" "$all_skipped"
  else
    printf '%d passed, %d failed\n' "$all_passed" "$all_failed"
  fi
  ((all_passed > 0 && all_failed == 0))
}

# run_project NAME   Runs the tests of a project that match the filter of run_tests; a file NAME.broken says that they failed or broke off.
run_project() {
  local assembly=$bin/$1/$output/$1.dll
  printf '\n== %s\n' "$1"
  # A test that hangs is ended and counted as failed, and its name is printed.
  if ! dotnet test "$assembly" --filter "$filter" --nologo --results-directory "$results" --logger "trx;LogFileName=$1.trx" \
    --logger "console;verbosity=minimal" --blame-hang-timeout "$patience" --blame-hang-dump-type none </dev/null 2>&1 |
    sed -u -E "/^(No test matches|Data collector 'Blame'|Starting test execution|A total of [0-9]+ test files|Results File:|$)/d"; then
    touch "$results/$1.broken"
    [[ -e $results/$1.trx ]] || printf '%s: did not run to its end\n' "$1"
  fi
}

# total, executed and passed of a TRX file. (Its own notExecuted stays 0 for skipped tests.)
counters_of() {
  sed -nE 's/.*<Counters total="([0-9]+)" executed="([0-9]+)" passed="([0-9]+)".*/\1 \2 \3/p' "$1"
}
