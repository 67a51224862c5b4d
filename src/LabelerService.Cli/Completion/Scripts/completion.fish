# Completion of labeler for fish: labeler completion fish | source, or in ~/.config/fish/completions/labeler.fish.
# The program itself knows what can stand at the cursor; names come from the service that runs.
function __labeler_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l answer ($program __complete -- (string join ' ' -- (string escape -- $words) $current) 2>/dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path $current
        case folders
            __fish_complete_directories $current
        case words
            printf '%s\n' $answer[2..-1]
    end
end
complete -c labeler -f -a '(__labeler_complete)'
