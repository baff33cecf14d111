#compdef synapse
# Completion of synapse for zsh. Made by:  synapse completion zsh

_synapse() {
    emulate -L zsh
    # As compinit's own functions have them: _files prints an error without.
    setopt localoptions $_comp_options
    local value description
    local -a values shown
    local -i width=0
    while IFS=$'\t' read -r value description; do
        if [[ $value == :files ]]; then
            compset -P '--*='
            _files
            return
        fi
        values+=("$value")
        shown+=("$description")
        (( $#value > width )) && width=$#value
    done < <(command synapse __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    (( $#values )) || return 1

    local -i i
    for (( i = 1; i <= $#values; i++ )); do
        [[ -n $shown[i] ]] && shown[i]="${(r:width:)values[i]}  $shown[i]" || shown[i]=$values[i]
    done
    # -U: a candidate may match by its title; without the menu, what is typed would be erased.
    (( $#values > 1 )) && compstate[insert]=menu
    local -a ending
    (( $#values == 1 )) && [[ $values[1] == *= ]] && ending=(-S '')
    compadd -U -V synapse -l "${ending[@]}" -d shown -a values
}

if [[ $funcstack[1] == _synapse ]]; then
    _synapse "$@"
else
    compdef _synapse synapse
fi
