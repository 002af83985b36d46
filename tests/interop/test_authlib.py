"""Debian's python3-authlib as a relying party, knowing only the issuer and its registration."""
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oidc.core import CodeIDToken
from harness.browser import Left


def login(service, client, **session_options):
    session = OAuth2Session(client.id, client.secret, scope="openid profile email offline_access",
                            redirect_uri=client.redirect_uri, code_challenge_method="S256",
                            **session_options)
    session.trust_env = False
    verifier = "authlib-" + "v" * 48
    url, state = session.create_authorization_url(client.discovery["authorization_endpoint"],
                                                  code_verifier=verifier, nonce="n-authlib")
    browser = client.browser()
    try:
        left = browser.finish(browser.open(url), service.an)
    except Left as end:
        left = end
    token = session.fetch_token(client.discovery["token_endpoint"], authorization_response=left.url,
                                code_verifier=verifier, state=state)
    return session, token


def test_authlib_logs_in_refreshes_and_reads_userinfo(service):
    client = service.first
    session, token = login(service, client)
    claims = JsonWebToken(["ES256"]).decode(
        token["id_token"], JsonWebKey.import_key_set(client.jwks()), claims_cls=CodeIDToken,
        claims_options={"iss": {"essential": True, "value": service.issuer},
                        "aud": {"essential": True, "value": client.id}},
        claims_params={"nonce": "n-authlib", "client_id": client.id,
                       "access_token": token["access_token"]})
    claims.validate(leeway=5)
    info = session.get(client.discovery["userinfo_endpoint"])
    assert info.status_code == 200 and info.json()["name"] == service.an.name
    assert info.json()["sub"] == claims["sub"]
    renewed = session.refresh_token(client.discovery["token_endpoint"])
    assert renewed["access_token"] != token["access_token"]
    told = session.introspect_token(client.discovery["introspection_endpoint"], renewed["access_token"])
    assert told.json()["active"] is True
    assert session.revoke_token(client.discovery["revocation_endpoint"],
                                renewed["refresh_token"]).status_code == 200
    told = session.introspect_token(client.discovery["introspection_endpoint"], renewed["access_token"])
    assert told.json()["active"] is False


@pytest.mark.parametrize("method", ["client_secret_post"])
def test_authlib_with_the_secret_in_the_body(service, register, method):
    client = register(service, "authlib-post", token_endpoint_auth_method=method)
    client_token = login(service, client, token_endpoint_auth_method=method)[1]
    assert client_token["id_token"]


def test_authlib_understands_our_metadata(service):
    from authlib.oidc.discovery import OpenIDProviderMetadata
    metadata = OpenIDProviderMetadata(service.first.discovery)
    for check in ("authorization_endpoint", "response_types_supported", "subject_types_supported",
                  "id_token_signing_alg_values_supported", "claims_supported", "grant_types_supported",
                  "token_endpoint_auth_methods_supported", "ui_locales_supported"):
        try:
            getattr(metadata, "validate_" + check)()
        except ValueError as error:
            if "https" not in str(error):
                raise
