-- A web process that meets a key it does not know asks which state of the key store is the latest: then it can tell a
-- key that nobody of ours made from one that another node made a moment ago.  A number; the keys stay unreadable.
GRANT SELECT ON keystore_generation TO authd_web;
