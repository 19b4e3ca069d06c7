"""OpenAPI 3 and 2: security schemes and requirements, as what goes with a call."""

from __future__ import annotations

from typing import Any

import pytest

import restpath
from restpath.auth.schemes import Credentials, choose_scheme, prove
from restpath.definition.check import check_layers, check_merged
from restpath.definition.merge import Layer, merge_layers
from restpath.definition.model import Definition
from restpath.edge.bundled import data_schemas
from restpath.importers import openapi, swagger
from restpath.masking import Secret

KEY = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
QUERY = {"type": "apiKey", "in": "query", "name": "appid"}
BASIC = {"type": "http", "scheme": "basic"}
BEARER = {"type": "http", "scheme": "Bearer"}


def read(schemes: Any, security: Any = None, **operations: Any) -> Definition:
    methods = {method: {} if said is None else {"security": said} for method, said in operations.items()}
    document = {
        "openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "servers": [{"url": "https://a.example.com/v1"}],
        "paths": {"/a": methods or {"get": {}}}, "components": {"securitySchemes": schemes},
    }  # fmt: skip
    if security is not None:
        document["security"] = security
    return checked(openapi.convert(document))


def checked(imported: Any) -> Definition:
    layer = Layer(imported.documents)
    documents = merge_layers([layer])
    check_layers([layer], data_schemas(), "0")
    check_merged(documents, [layer])
    return Definition(documents, layers=(layer,), find_left_out=imported.find_left_out)


def proof(definition: Definition, method: str = "GET", **credentials: str) -> Any:
    """What the credentials add to a call: header fields and query; None where they prove nothing."""
    at_hand = Credentials({name: Secret(text) for name, text in credentials.items()})
    choice = choose_scheme(definition.service, definition.method("/a", method).rules.auth, at_hand)
    if choice is None:
        return None
    made = prove(choice.scheme, at_hand.values, definition.service)
    return {name: secret.reveal() for name, secret in (*made.headers, *made.query)}


def whats(definition: Definition) -> list[str]:
    return [each.what for each in definition.left_out]


@pytest.mark.parametrize(
    ("scheme", "credentials", "added"),
    [
        (KEY, {"api_key": "k"}, {"X-API-Key": "k"}),
        (QUERY, {"appid": "k"}, {"appid": "k"}),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, {"sid": "k"}, {"Cookie": "sid=k"}),
        (BASIC, {"username": "ann", "password": "p"}, {"Authorization": "Basic YW5uOnA="}),
        (BEARER, {"token": "t"}, {"Authorization": "Bearer t"}),
        ({"type": "http", "scheme": "Token"}, {"s": "t"}, {"Authorization": "Token t"}),
        ({"type": "openIdConnect"}, {"token": "t"}, {"Authorization": "Bearer t"}),
        ({"type": "apiKey", "in": "header", "name": "session"}, {"session_key": "t"}, {"session": "t"}),
    ],
)  # fmt: skip
def test_what_a_scheme_adds_to_a_call(scheme: Any, credentials: Any, added: Any) -> None:
    definition = read({"s": scheme}, [{"s": []}])
    assert proof(definition, **credentials) == added
    restpath.connect(definition, **credentials)


def test_requirements_are_alternatives_and_what_stands_in_one_goes_together() -> None:
    definition = read({"key": KEY, "id": QUERY, "basic": BASIC}, [{"key": [], "id": []}, {"basic": []}])
    assert proof(definition, api_key="k", appid="i") == {"X-API-Key": "k", "appid": "i"}
    assert proof(definition, api_key="k") is None
    assert proof(definition, username="a", password="b") == {"Authorization": "Basic YTpi"}


def test_an_operation_can_ask_for_other_credentials_or_for_none() -> None:
    definition = read({"key": KEY, "bearer": BEARER}, [{"key": []}], get=None, post=[{"bearer": []}], put=[])
    assert proof(definition, "GET", api_key="k", token="t") == {"X-API-Key": "k"}
    assert proof(definition, "POST", api_key="k", token="t") == {"Authorization": "Bearer t"}
    assert definition.method("/a", "PUT").rules.auth == ()


def test_credentials_that_are_optional_go_where_they_are_given() -> None:
    definition = read({"key": KEY}, [{}, {"key": []}])
    assert proof(definition, api_key="k") == {"X-API-Key": "k"}
    assert restpath.which_credentials(restpath.connect(definition)) == {}


def test_schemes_that_nothing_asks_for_are_used_where_credentials_are_given() -> None:
    definition = read({"key": KEY})
    assert proof(definition, api_key="k") == {"X-API-Key": "k"}
    assert restpath.which_credentials(restpath.connect(definition)) == {}
    assert whats(definition) == ["no operation asks for these: they are used wherever credentials are given"]


def test_where_some_operations_ask_the_others_need_nothing() -> None:
    definition = read({"key": KEY}, None, get=None, post=[{"key": []}])
    assert definition.method("/a", "GET").rules.auth == ()
    assert proof(definition, "POST", api_key="k") == {"X-API-Key": "k"}


def test_of_two_that_need_the_same_place_one_goes_and_that_is_reported() -> None:
    definition = read({"basic": BASIC, "bearer": BEARER}, [{"basic": [], "bearer": []}])
    assert proof(definition, username="a", password="b") == {"Authorization": "Basic YTpi"}
    assert whats(definition) == ["of these only one can go with a call: bearer is left out beside basic and bearer"]


@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "http", "scheme": "digest"}, {"type": "mutualTLS"}, {"type": "x"}, {},
        {"type": "apiKey", "in": "body"}, {"type": "apiKey", "in": "header", "name": "a b"},
    ],
)  # fmt: skip
def test_what_data_cannot_prove_is_left_to_the_callers_own_auth(scheme: Any) -> None:
    definition = read({"s": scheme}, [{"s": []}])
    assert restpath.which_credentials(restpath.connect(definition)) == {}
    assert definition.method("/a", "GET").rules.auth == ("s",)
    assert len(definition.left_out) == 1


def test_a_scheme_that_is_not_there_is_reported() -> None:
    definition = read({"key": KEY}, [{"gone": []}])
    assert whats(definition) == ["there is no security scheme 'gone'"]
    assert restpath.which_credentials(restpath.connect(definition)) == {}


# ---- OAuth 2 -----------------------------------------------------------------------------------------------------


def rule(**flows: Any) -> Any:
    definition = read({"oauth": {"type": "oauth2", "flows": flows}}, [{"oauth": ["read"]}])
    return definition, definition.service.schemes["oauth"].token


TOKEN = "https://login.example.com/token"


def test_the_flows_become_the_grants_of_the_token_endpoint() -> None:
    definition, token = rule(
        clientCredentials={"tokenUrl": TOKEN, "scopes": {"read": "Read."}},
        password={"tokenUrl": TOKEN, "scopes": {"write": "Write."}},
        authorizationCode={"tokenUrl": TOKEN, "authorizationUrl": "https://login.example.com/authorize", "scopes": {}},
    )
    assert (token.url, token.credential, token.basic) == (TOKEN, "token", ("{client_id}", "{client_secret}"))
    assert sorted(token.grants) == ["authorization_code", "client_credentials", "password", "refresh_token"]
    assert token.authorize.url == "https://login.example.com/authorize"
    assert sorted(definition.service.credentials) == [
        "client_id", "client_secret", "password", "scope", "token", "username",
    ]  # fmt: skip
    assert definition.left_out == ()


def test_a_device_flow_of_3_2_is_one_too() -> None:
    _, token = rule(deviceAuthorization={"tokenUrl": TOKEN, "deviceAuthorizationUrl": "/device", "scopes": {}})
    assert token.device.url == "https://a.example.com/device"
    assert sorted(token.grants) == ["device_code", "refresh_token"]


def test_a_relative_token_endpoint_is_relative_to_the_server() -> None:
    assert rule(clientCredentials={"tokenUrl": "/token", "scopes": {}})[1].url == "https://a.example.com/token"
    assert rule(clientCredentials={"tokenUrl": "token", "scopes": {}})[1].url == "https://a.example.com/v1/token"


@pytest.mark.parametrize(
    ("flows", "part"),
    [
        ({"implicit": {"authorizationUrl": "https://x.example", "scopes": {}}}, "only a browser sees"),
        ({"clientCredentials": {"tokenUrl": "ftp://x", "scopes": {}}}, "no http or https URL"),
        ({"clientCredentials": {"tokenUrl": "https://{x}/t", "scopes": {}}}, "it has variables"),
        ({"authorizationCode": {"tokenUrl": TOKEN, "scopes": {}}}, "has no authorizationUrl"),
        ({"teleport": {"tokenUrl": TOKEN, "scopes": {}}}, "is not known"),
    ],
)
def test_a_token_that_cannot_be_got_by_data_is_given(flows: Any, part: str) -> None:
    definition, token = rule(**flows)
    assert token is None
    assert part in whats(definition)[0]
    assert proof(definition, token="t") == {"Authorization": "Bearer t"}


def test_flows_with_endpoints_of_their_own_are_reported() -> None:
    other = "https://b.example.com/token"
    definition, token = rule(
        clientCredentials={"tokenUrl": TOKEN, "scopes": {}}, password={"tokenUrl": other, "scopes": {}}
    )
    assert list(token.grants) == ["client_credentials"]
    assert "is another one" in whats(definition)[0]


def test_two_ways_to_one_token_are_one() -> None:
    flows = {"authorizationCode": {"tokenUrl": TOKEN, "authorizationUrl": "https://x.example/a", "scopes": {}}}
    schemes = {
        "implicit": {
            "type": "oauth2",
            "flows": {"implicit": {"authorizationUrl": "https://x.example/a", "scopes": {}}},
        },
        "code": {"type": "oauth2", "flows": flows},
    }
    definition = read(schemes, [{"implicit": [], "code": []}])
    (scheme,) = definition.service.schemes.values()
    assert scheme.token is not None
    assert proof(definition, token="t") == {"Authorization": "Bearer t"}


def test_the_schemes_of_swagger_are_read_as_those_of_3() -> None:
    document = {
        "swagger": "2.0", "info": {"title": "A", "version": "1"}, "host": "a.example.com",
        "security": [{"b": []}, {"k": []}, {"o": ["x"]}], "paths": {"/a": {"get": {}}},
        "securityDefinitions": {
            "b": {"type": "basic"}, "k": KEY,
            "o": {"type": "oauth2", "flow": "application", "tokenUrl": TOKEN, "scopes": {"x": "y"}},
        },
    }  # fmt: skip
    definition = checked(swagger.convert(document))
    assert proof(definition, username="a", password="b") == {"Authorization": "Basic YTpi"}
    assert proof(definition, api_key="k") == {"X-API-Key": "k"}
    assert list(definition.service.schemes["o"].token.grants) == ["client_credentials"]  # type: ignore[union-attr]


@pytest.mark.parametrize("url", ["https://[x/token", "//[", "https://x:port/token"])
def test_a_token_endpoint_that_is_no_url_is_told_and_the_token_is_given(url: str) -> None:
    flows = {"clientCredentials": {"tokenUrl": url, "scopes": {}}}
    definition = read({"o": {"type": "oauth2", "flows": flows}}, [{"o": []}])
    assert proof(definition, token="t") == {"Authorization": "Bearer t"}
    (what,) = whats(definition)
    assert what.endswith(": give token=")


def test_a_token_endpoint_with_a_password_in_it_is_told_without_it() -> None:
    flows = {"clientCredentials": {"tokenUrl": "https://ann:hidden@a.example.com/token", "scopes": {}}}
    definition = read({"o": {"type": "oauth2", "flows": flows}}, [{"o": []}])
    (what,) = whats(definition)
    assert "no user name and no password" in what
    assert "hidden" not in what


def test_two_keys_that_go_together_are_two_credentials_whatever_they_are_called() -> None:
    """Of alternatives, either takes the one credential."""
    other = {"type": "apiKey", "in": "query", "name": "api_key"}
    together = read({"key": KEY, "second": other}, [{"key": [], "second": []}])
    assert proof(together, api_key="k", second="s") == {"X-API-Key": "k", "api_key": "s"}
    either = read({"key": KEY, "second": other}, [{"key": []}, {"second": []}])
    assert list(either.service.credentials) == ["api_key"]
