#compdef labeler
# Completion of labeler for zsh: eval "$(labeler completion zsh)" behind compinit, or as a file _labeler in a folder of fpath.
# The program itself knows what can stand at the cursor; names come from the service that runs.
_labeler() {
  emulate -L zsh
  local program=${(Q)words[1]} line="${(j: :)words[1,CURRENT-1]} $PREFIX" entry word
  local -a answer closed closed_shown open open_shown
  answer=("${(@f)$(${~program} __complete -- "$line" 2>/dev/null)}")
  case $answer[1] in
    files) _files; return ;;
    folders) _files -/; return ;;
  esac
  for entry in "${(@)answer[2,-1]}"; do
    word=${entry%%$'\t'*}
    if [[ $word == *[/=] ]]; then
      open+=("$word"); open_shown+=("${entry/$'\t'/  -- }")
    else
      closed+=("$word"); closed_shown+=("${entry/$'\t'/  -- }")
    fi
  done
  # What the line already has of --option= is the shell's to keep.
  (( $#open == 0 )) || compadd -l -d open_shown -S '' -a open
  (( $#closed == 0 )) || compadd -l -d closed_shown -a closed
}
if [[ ${funcstack[1]:-} == _labeler ]]; then _labeler "$@"; else compdef _labeler labeler; fi
