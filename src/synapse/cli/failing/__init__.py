"""Whatever went wrong, in a few lines and an exit status."""
