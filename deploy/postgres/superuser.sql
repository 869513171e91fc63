-- The superuser's password is what the folder of secrets says now: after `onevisit secrets rotate postgres`.
\set ON_ERROR_STOP on
\set password `cat /run/secrets/password`
ALTER ROLE postgres PASSWORD :'password';
