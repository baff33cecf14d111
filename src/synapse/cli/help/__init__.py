"""Pages of help, and the manual."""
