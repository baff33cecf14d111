"""What a command line means: which command, with which options, or a typing error."""
