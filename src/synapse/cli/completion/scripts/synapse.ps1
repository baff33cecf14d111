# Completion of synapse for PowerShell. Made by:  synapse completion powershell

Register-ArgumentCompleter -Native -CommandName synapse -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_.Value) { "$($_.Value)" } else { $_.Extent.Text } })
    # An empty argument is dropped by older versions; two quotes stand for it.
    $current = if ($wordToComplete) { $wordToComplete } else { '""' }
    & (Get-Command synapse -CommandType Application | Select-Object -First 1) `
        __complete @before $current 2>$null | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        if ($value -eq ':files') {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
        }
        else {
            $told = if ($description) { $description } else { $value }
            [System.Management.Automation.CompletionResult]::new(
                $value, $value, 'ParameterValue', $told)
        }
    }
}
