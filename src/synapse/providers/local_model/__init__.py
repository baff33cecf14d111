"""The model on this machine: its weights, and the process that holds them."""
