"""Administrative regions by GB/T 2260 code: six digits, two each for province, city and county."""


def covers(scope: str, region: str) -> bool:
    """Whether a scope such as 330000 (a province) or 330700 (a city) contains a region such as 330782."""
    return region.startswith(significant(scope))


def significant(region: str) -> str:
    """The code without its trailing levels: 330000 -> 33, 330700 -> 3307, 330782 -> 330782."""
    if region.endswith("0000"):
        return region[:2]
    return region[:4] if region.endswith("00") else region


def topic_filter(region: str) -> str:
    """The tail of a filter that matches the region and all in it: 330700 -> 33.07.>"""
    code = significant(region)
    pairs = [code[index : index + 2] for index in range(0, len(code), 2)]
    return ".".join(pairs if len(code) == 6 else [*pairs, ">"])


def topic_tokens(region: str) -> str:
    """The region as the tail of a topic: 330782 -> 33.07.82."""
    return f"{region[:2]}.{region[2:4]}.{region[4:]}"
