-- The local calendar in PostgreSQL's words. {ahead} is by how many seconds the local time is ahead.

-- name: by_day
to_char(timestamp AT TIME ZONE 'UTC' + make_interval(secs => {ahead}), 'YYYY-MM-DD')

-- name: by_week
to_char(timestamp AT TIME ZONE 'UTC' + make_interval(secs => {ahead}), 'IYYY-"W"IW')

-- name: by_month
to_char(timestamp AT TIME ZONE 'UTC' + make_interval(secs => {ahead}), 'YYYY-MM')
