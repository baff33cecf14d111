-- The local calendar in these engines' words. {ahead} is by how many seconds the local time is ahead.

-- name: by_day
date_format(timestamp + INTERVAL {ahead} SECOND, '%Y-%m-%d')

-- name: by_week
date_format(timestamp + INTERVAL {ahead} SECOND, '%x-W%v')

-- name: by_month
date_format(timestamp + INTERVAL {ahead} SECOND, '%Y-%m')
