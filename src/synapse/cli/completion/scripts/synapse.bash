# Completion of synapse for bash. Made by:  synapse completion bash

_synapse() {
    # Readline breaks words at ":" and "=", which stand in models, REFs and --option=value.
    local rest=${COMP_LINE:0:COMP_POINT} words=() part last='' blank i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]} blank=${rest%%[![:space:]]*}
        rest=${rest#"$blank"}
        [[ $part == "${rest:0:${#part}}" ]] || part=$rest
        rest=${rest#"$part"}
        if ((i == 0)) || [[ -n $blank ]]; then
            words+=("$part")
        else
            words[${#words[@]} - 1]+=$part
        fi
        last=$part
    done
    [[ $last == [:=] ]] && last=''
    local current=${words[${#words[@]} - 1]}
    local prefix=${current%"$last"}
    prefix=${prefix%@}  # readline breaks there, too, but replaces the "@" with what follows

    local value description found=() told=() width=0
    while IFS=$'\t' read -r value description; do
        if [[ $value == :files ]]; then
            _synapse_files
            return
        fi
        # an open quote, as in "what is…
        case $current in [\"\']*) return ;; esac
        [[ $value == "$prefix"* ]] || continue
        value=${value#"$prefix"}
        [[ $value == @* ]] && printf -v value %q "$value"
        found+=("$value") told+=("$description")
        ((${#value} > width)) && width=${#value}
    done < <(command synapse __complete "${words[@]:1}" 2>/dev/null)

    ((${#found[@]} == 1)) && [[ ${found[0]} == *= ]] && compopt -o nospace 2>/dev/null
    # 63, 33, 64: the candidates are listed, not inserted
    if ((${#found[@]} > 1)) && [[ $COMP_TYPE == 63 || $COMP_TYPE == 33 || $COMP_TYPE == 64 ]]; then
        for i in "${!found[@]}"; do
            if [[ -n ${told[i]} ]]; then
                printf -v value '%-*s  (%s)' "$width" "${found[i]}" "${told[i]}"
                found[i]=${value:0:${COLUMNS:-80} - 2}
            fi
        done
    fi
    COMPREPLY=("${found[@]}")
}

# Readline's own completion, which knows quotes, ~ and $HOME; but of a name with ":" or "=" in it
# readline sees only the end.
_synapse_files() {
    compopt -o filenames -o default 2>/dev/null
    local typed=$current
    [[ $typed == --*=* ]] && typed=${typed#*=}
    case $typed in [\"\']*) return ;; esac
    local head=${typed%"$last"} file
    [[ -n $head ]] || return
    while IFS= read -r file; do COMPREPLY+=("${file#"$head"}"); done < <(compgen -f -- "$typed")
}

complete -o nosort -F _synapse synapse 2>/dev/null || complete -F _synapse synapse
