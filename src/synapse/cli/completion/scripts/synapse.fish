# Completion of synapse for fish. Made by:  synapse completion fish

# Files are left to fish, which asks for them apart from the rest: the answer serves both once.
function __synapse_ask
    set -l line (commandline -pc)
    if test "$line" = "$__synapse_line"
        set -g __synapse_line
        return
    end
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    set -l current (string unescape -- "$typed")
    or set current (string unescape -- "$typed\"")
    or set current (string unescape -- "$typed'")
    or set current $typed
    set -g __synapse_line $line
    set -g __synapse_found (command synapse __complete $before[2..-1] "$current" 2>/dev/null)
end

function __synapse_complete
    __synapse_ask
    string match -v :files -- $__synapse_found
end

function __synapse_wants_files
    __synapse_ask
    contains -- :files $__synapse_found
end

complete -c synapse -e
complete -c synapse -f -k -a '(__synapse_complete)'
complete -c synapse -n __synapse_wants_files -F
