-- Who receives an answer holds it by a lease that is renewed while it comes in: seconds since 1970,
-- by the clock of the engine. Where the process table says nothing of an owner, because it is of
-- another machine or container, an answer whose lease has run out is nobody's.
ALTER TABLE messages ADD COLUMN leased_until REAL;
