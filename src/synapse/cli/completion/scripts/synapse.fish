# Completion of synapse for fish. Made by:  synapse completion fish

function __synapse_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in (command synapse __complete $before[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            set -l option (string match -r -- '^--[^=]+=' "$current")
            string replace -r -- '^' "$option" (
                __fish_complete_path (string replace -r -- '^--[^=]+=' '' "$current"))
        else
            echo $line
        end
    end
end

complete -c synapse -e
complete -c synapse -f -k -a '(__synapse_complete)'
