-- Those that somebody has taken are a handful, and they are counted at every attempt: without this all that wait for the same
-- webhook were looked through, so the more waited the slower it went.
create index deliveries_taken on deliveries (subscription_id, claimed_until)
    where state = 'pending' and claimed_until is not null;
