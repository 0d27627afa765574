-- How an endpoint fared in an earlier stint is no news of this one.
create or replace view endpoints_v1 as
    select subscription_id, failures, failing_since, rests_until, stint from endpoints;
