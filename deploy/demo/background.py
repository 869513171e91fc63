"""What departments already held before anyone applied: the records that the demonstration reuses. All fictional."""

from typing import Any

from deploy.demo.api import Api

HOUSEHOLD = {
    "household-number": "330782000188",
    "household-address": "浙江省义乌市稠城街道一件事路1号",
    "household-type": "family",
}
PEOPLE: dict[str, dict[str, Any]] = {
    "mother": {"name": "林一舟", "sex": "female", "birth-date": "1888-06-06"},
    "father": {"name": "陈知行", "sex": "male", "birth-date": "1888-08-08"},
    "retiree": {"name": "周安澜", "sex": "male", "birth-date": "1880-01-01"},
    "founder": {"name": "吴启明", "sex": "female", "birth-date": "1888-08-08"},
}
# A department with several duties says on which of them it looks people up.
LOOKS_UP_ON = {"hospital": "birth-registration", "public-security": "household-administration"}
MARRIAGE = {"marriage-date": "1910-10-10", "marriage-number": "J330782-1910-000188"}


async def file_background(api: Api) -> dict[str, str]:
    """Every person's identity and household, and the marriage, filed by the departments that hold them.

    Safe to repeat: each filing has its own key. Returns party id by name.
    """
    parties = {name: await party_of(api, "public-security", name) for name in PEOPLE}
    for name, identity in PEOPLE.items():
        claims = {**identity, "ethnicity": "汉族", "nationality": "中国"}
        await _file(api, "public-security", "resident-identity", parties[name], claims, key=f"identity-{name}")
        await _file(api, "public-security", "household-registration", parties[name], HOUSEHOLD, key=f"household-{name}")
    for name in ("mother", "father"):
        await _file(api, "civil-affairs", "marriage-registration", parties[name], MARRIAGE, key=f"marriage-{name}")
    return parties


async def party_of(api: Api, department: str, person: str) -> str:
    """A department knows people by number; the platform tells it the party, once it says on which duty."""
    body = {"parties": [{"id_number": api.world.id_number(person)}], "purpose": "duty", "duty": LOOKS_UP_ON[department]}
    found = await api.post(department, "/v1/parties/resolve", body)
    return str(found["items"][0]["party"])


async def _file(api: Api, department: str, kind: str, party: str, claims: dict[str, Any], *, key: str) -> None:
    await api.post(department, "/v1/records", {"kind": kind, "party": party, "claims": claims}, key=f"background-{key}")
