# Sourced by ./labeler: runs the test projects one after the other and adds up their results.
# shellcheck shell=bash disable=SC2154  # bin, output and cli are the launcher's

# run_tests [FILTER]   Last line on standard output: "N passed, N failed[, N skipped]". Returns non-zero on a failure, or if nothing ran.
# A suite's name as filter is its long form: minutes instead of seconds, with what was tried printed at the end.
run_tests() {
  local results=$LABELER_HOME/artifacts/test-results project name assembly trx total executed passed
  local all_passed=0 all_failed=0 all_skipped=0 broke_off
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
    case $name in *.Tests | *.EndToEnd) ;; *) continue ;; esac
    assembly=$bin/$name/$output/$name.dll
    trx=$results/$name.trx
    printf '\n== %s\n' "$name"
    broke_off=0
    # A test that hangs is ended and counted as failed, and its name is printed.
    if dotnet test "$assembly" --filter "$filter" --nologo --results-directory "$results" --logger "trx;LogFileName=$name.trx" \
      --logger "console;verbosity=minimal" --blame-hang-timeout "$patience" --blame-hang-dump-type none </dev/null 2>&1 |
      sed -u -E "/^(No test matches|Data collector 'Blame'|Starting test execution|A total of [0-9]+ test files|Results File:|$)/d"; then
      [[ -e $trx ]] || continue # no test here matches the filter
    elif [[ ! -e $trx ]]; then
      printf '%s: did not run to its end\n' "$name"
      all_failed=$((all_failed + 1))
      continue
    else
      broke_off=1
    fi
    read -r total executed passed < <(counters_of "$trx")
    if ((total == 0 && $# == 0)); then
      printf '%s: has no test\n' "$name"
      all_failed=$((all_failed + 1))
    elif ((broke_off && executed == passed)); then
      printf '%s: the run broke off\n' "$name"
      all_failed=$((all_failed + 1))
    fi
    all_passed=$((all_passed + passed))
    all_failed=$((all_failed + executed - passed))
    all_skipped=$((all_skipped + total - executed))
  done

  find "$results" -mindepth 1 -type d -empty -delete

  printf '\n'
  if [[ -n ${LABELER_LONG:-} && -e $LABELER_TEST_REPORTS/$1.md ]]; then
    cat "$LABELER_TEST_REPORTS/$1.md"
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

# total, executed and passed of a TRX file. (Its own notExecuted stays 0 for skipped tests.)
counters_of() {
  sed -nE 's/.*<Counters total="([0-9]+)" executed="([0-9]+)" passed="([0-9]+)".*/\1 \2 \3/p' "$1"
}
