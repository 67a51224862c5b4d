# Completion of labeler for bash: eval "$(labeler completion bash)", or in a file of ~/.local/share/bash-completion/completions/labeler.
# The program itself knows what can stand at the cursor; names come from the service that runs.
_labeler() {
  local program=${COMP_WORDS[0]} line=${COMP_LINE:0:COMP_POINT} typed broken word answer=()
  [[ $program != '~/'* ]] || program=$HOME/${program#'~/'}
  mapfile -t answer < <("$program" __complete -- "$line" 2>/dev/null)
  COMPREPLY=()
  case ${answer[0]:-} in
    files) compopt -o default 2>/dev/null; return ;;
    folders) compopt -o dirnames 2>/dev/null; return ;;
  esac
  # Readline replaces only what stands behind the last of its own word breaks.
  typed=${line##*[[:space:]]}
  broken=
  [[ $COMP_WORDBREAKS != *:* || $typed != *:* ]] || broken=${typed%"${typed##*:}"}
  [[ $COMP_WORDBREAKS != *=* || $typed != *=* ]] || [[ ${#broken} -gt ${#typed} ]] || broken=${typed%"${typed##*[:=]}"}
  for word in "${answer[@]:1}"; do
    word=${word%%$'\t'*}
    COMPREPLY+=("$(printf %q "${word#"$broken"}")")
  done
  # These go on.
  [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *[/=] ]] || compopt -o nospace 2>/dev/null
}
complete -F _labeler labeler
