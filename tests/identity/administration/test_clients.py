"""Clients and their keys: registered, given rights of their kind alone, changed from one key to the next."""

from typing import Any

import pytest
from joserfc.jwk import OKPKey

from shared.jose import SigningKey
from tests.identity.administration.desk import OFFICER, Desk, refusal
from tests.identity.world import KEYS, oauth_error

APP = {"kind": "app", "scopes": ["identify"]}


async def test_a_client_is_registered_and_gets_a_token_as_soon_as_it_has_a_key(desk: Desk) -> None:
    key = SigningKey.generate()
    await desk.tax("cases", "evidence")
    assert oauth_error(await desk.ask("tax", key, officer=str(OFFICER))) == (401, "invalid_client")
    added = await desk.add_key("tax", key)
    assert (added.status_code, added.json()["keys"]) == (201, [{"kid": key.kid, "alg": "ES256"}])
    answer = await desk.ask("tax", key, officer=str(OFFICER))
    assert (answer.status_code, answer.json()["scope"]) == (200, "cases evidence")


async def test_a_client_is_registered_once_however_often_it_is_said(desk: Desk) -> None:
    first, again = await desk.put("/clients/city-app", APP), await desk.put("/clients/city-app", APP)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    key = SigningKey.generate()
    assert [(await desk.add_key("city-app", key)).status_code for _ in range(2)] == [201, 200]
    assert await desk.acts() == [("client.registered", "city-app"), ("client.key-added", "city-app")]


async def test_rights_change_and_are_in_the_books_as_they_are_from_then_on(desk: Desk) -> None:
    await desk.put("/clients/desk", {"kind": "ops", "scopes": ["audit"]})
    await desk.put("/clients/desk", {"kind": "ops", "scopes": ["audit", "catalogue:publish"], "roles": ["auditor"]})
    page = await desk.done("GET", "/acts")
    assert page["items"][0]["details"] == {"scopes": ["audit", "catalogue:publish"], "roles": ["auditor"]}


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"kind": "app", "scopes": ["platform:administer"]}, (422, "scopes-not-for-kind")),
        ({"kind": "app", "scopes": ["internal"]}, (422, "scopes-not-for-kind")),
        ({"kind": "app", "scopes": ["identify"], "roles": ["number-authority"]}, (422, "scopes-not-for-kind")),
        ({"kind": "ops", "scopes": ["cases"]}, (422, "scopes-not-for-kind")),
        ({"kind": "service", "scopes": []}, (422, "invalid-request")),
        ({"kind": "department", "scopes": ["cases"]}, (422, "department-unknown")),
        ({"kind": "department", "department": "nobody", "scopes": ["cases"]}, (422, "department-unknown")),
        ({"kind": "app", "department": "hospital", "scopes": []}, (422, "department-unknown")),
        ({"kind": "app", "scopes": ["identify"], "jwks": {"keys": []}}, (422, "invalid-request")),
        ({"kind": "app", "scopes": "identify"}, (422, "invalid-request")),
    ],
)
async def test_rights_of_another_kind_are_nobodys(desk: Desk, says: dict[str, Any], expected: tuple[int, str]) -> None:
    assert refusal(await desk.put("/clients/new-one", says)) == expected
    assert refusal(await desk.call("GET", "/clients/new-one")) == (404, "client-not-found")


async def test_all_rights_that_are_wrong_are_told_at_once(desk: Desk) -> None:
    answer = await desk.put("/clients/new-one", {"kind": "app", "scopes": ["cases", "audit"], "roles": ["auditor"]})
    assert (answer.json()["scopes"], answer.json()["roles"]) == (["audit", "cases"], ["auditor"])


async def test_a_client_stays_of_its_kind_and_department(desk: Desk) -> None:
    for says in (APP, {"kind": "department", "department": "public-security", "scopes": []}):
        assert refusal(await desk.put("/clients/hospital", says)) == (409, "client-of-another-kind")


async def test_two_keys_overlap_while_one_takes_the_place_of_the_other(desk: Desk) -> None:
    await desk.put("/clients/city-app", APP)
    old, new, third = (SigningKey.generate() for _ in range(3))
    await desk.add_key("city-app", old)
    await desk.add_key("city-app", new)
    for key in (old, new):
        assert (await desk.ask("city-app", key)).status_code == 200
    full = await desk.add_key("city-app", third)
    assert (refusal(full), full.json()["keys"]) == ((409, "client-has-two-keys"), [old.kid, new.kid])
    await desk.done("DELETE", f"/clients/city-app/keys/{old.kid}")
    assert oauth_error(await desk.ask("city-app", old)) == (401, "invalid_client")
    assert (await desk.ask("city-app", new)).status_code == 200


async def test_the_only_key_is_not_taken_from_a_client_that_is_trusted(desk: Desk) -> None:
    kid = KEYS["app"].kid
    assert refusal(await desk.call("DELETE", f"/clients/app/keys/{kid}")) == (409, "last-client-key")
    assert (await desk.world.ask_token("app")).status_code == 200
    missing = await desk.call("DELETE", "/clients/app/keys/no-such-key")
    assert refusal(missing) == (404, "client-key-not-found")


async def test_with_a_key_that_others_may_have_the_clients_tokens_end(desk: Desk) -> None:
    headers = await desk.world.bearer("app")
    await desk.done("DELETE", f"/clients/app/keys/{KEYS['app'].kid}?compromised=true")
    assert oauth_error(await desk.world.ask_token("app")) == (401, "invalid_client")
    desk.world.service.verifier.heed(await desk.world.service.revocations())
    body = {"method": "id-card", "id_number": "330782188808080012"}
    answer = await desk.world.http.post("/v1/identifications", json=body, headers=headers)
    assert refusal(answer) == (401, "not-authenticated")


async def test_a_private_key_that_was_sent_is_nobodys_proof(desk: Desk) -> None:
    key = SigningKey.generate()
    sent = dict(key.key.as_dict(private=True))
    secret = str(sent["d"])
    answer = await desk.call("POST", "/clients/app/keys", {"jwk": sent})
    assert refusal(answer) == (422, "private-key-sent")
    assert secret not in answer.text
    assert secret not in await desk.world.everything_stored()


async def test_a_key_is_one_clients(desk: Desk) -> None:
    await desk.put("/clients/city-app", APP)
    assert refusal(await desk.add_key("city-app", KEYS["app"])) == (409, "client-key-taken")
    renamed = {**KEYS["app"].public_jwk(), "kid": "another-name"}
    answer = await desk.call("POST", "/clients/city-app/keys", {"jwk": renamed})
    assert refusal(answer) == (409, "client-key-taken")


async def test_a_name_of_a_key_is_one_keys(desk: Desk) -> None:
    jwk = {**SigningKey.generate().public_jwk(), "kid": KEYS["app"].kid}
    assert refusal(await desk.call("POST", "/clients/app/keys", {"jwk": jwk})) == (409, "client-key-taken")


async def test_an_ed25519_key_is_as_good(desk: Desk) -> None:
    await desk.put("/clients/city-app", APP)
    jwk = OKPKey.generate_key("Ed25519").as_dict(private=False)
    answer = await desk.call("POST", "/clients/city-app/keys", {"jwk": jwk})
    assert (answer.status_code, answer.json()["keys"][0]["alg"]) == (201, "Ed25519")


async def test_a_revoked_client_is_not_changed_any_more(desk: Desk) -> None:
    await desk.world.http.post("/v1/clients/app/revocation", headers=await desk.world.bearer("ops"))
    assert refusal(await desk.put("/clients/app", APP)) == (409, "client-revoked")
    assert refusal(await desk.add_key("app", SigningKey.generate())) == (409, "client-revoked")
    assert (await desk.done("GET", "/clients/app"))["revoked_at"] is not None
    assert await desk.acts() == [("client.revoked", "app")]


async def test_the_last_administrator_stays(desk: Desk) -> None:
    ops = await desk.world.bearer("ops")
    revoked = await desk.world.http.post("/v1/clients/admin/revocation", headers=ops)
    assert refusal(revoked) == (409, "last-administrator")
    robbed = await desk.put("/clients/admin", {"kind": "ops", "scopes": ["audit"]})
    assert refusal(robbed) == (409, "last-administrator")
    await desk.done("PUT", "/clients/second", {"kind": "ops", "scopes": ["platform:administer"]})
    assert (await desk.world.http.post("/v1/clients/admin/revocation", headers=ops)).status_code == 200


async def test_clients_are_listed_by_kind_and_department(desk: Desk) -> None:
    kinds = await desk.done("GET", "/clients?kind=app")
    assert [each["client_id"] for each in kinds["items"]] == ["app", "other-app"]
    mine = await desk.done("GET", "/clients?department=hospital")
    assert [each["client_id"] for each in mine["items"]] == ["hospital"]
    first = await desk.done("GET", "/clients?limit=1")
    assert (first["items"][0]["client_id"], first["next"]) == ("admin", "admin")


@pytest.mark.parametrize("service", ["licensing", "certificates"])
async def test_the_keys_of_our_own_services_are_no_administrators_to_change(desk: Desk, service: str) -> None:
    key = SigningKey.generate()
    assert refusal(await desk.add_key(service, key)) == (409, "client-is-a-service")
    assert oauth_error(await desk.ask(service, key, audience="identity")) == (401, "invalid_client")
    removed = await desk.call("DELETE", f"/clients/{service}/keys/{KEYS[service].kid}?compromised=true")
    assert refusal(removed) == (409, "client-is-a-service")
    assert (await desk.world.ask_token(service, audience="identity")).status_code == 200
    assert await desk.acts() == []
