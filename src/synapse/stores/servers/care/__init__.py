"""Looking after an archive on a server: counts, checks, repairs, what may become a trouble."""
