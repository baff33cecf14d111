"""How an answer is shown while it comes and when it is there."""
