"""What flow, browser, interoperability, bench and soak tests share: a PostgreSQL, an authd, a browser without
JavaScript, an OpenID client, a receiver of back-channel calls."""
