"""HTTP as providers need it: libcurl, its faults, retries, server-sent events."""
