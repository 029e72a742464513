"""What addresses may ask: a name that nobody knows is refused, where it would pass for one under which nothing stands, or for none."""

from collections.abc import Collection

from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams
from starlette.requests import Request

from huitong.api.service import SearchPage, Service
from huitong.kernel import InputError


async def known_parameters(request: Request) -> None:
    """Checks the parameters of an address by those of its route; raises as ``require_parameters``."""
    route = request.scope["route"]
    if request.query_params and isinstance(route, APIRoute):
        require_parameters(request.query_params, {one.alias for one in route.dependant.query_params})


def require_parameters(asked: QueryParams, known: Collection[str]) -> None:
    """Checks that all parameters are known, and each is there once.

    Raises:
        InputError: If one is not.
    """
    seen = set[str]()
    for name, _ in asked.multi_items():
        if name not in known:
            raise unknown("parameter", "参数", name, known)
        if name in seen:
            raise InputError(
                "http.parameter",
                {"en": f"the parameter {name!r} comes more than once", "zh": f"参数 {name!r} 重复出现"},
                {"en": "give it once", "zh": "请只给出一次"},
            )
        seen.add(name)


def require_role(service: Service, role: str | None, subject: str | None) -> None:
    """Checks the key role of a search.

    Raises:
        InputError: If no event that is decided has it, or it stands without a subject.
    """
    if role is None:
        return
    known = {spec.key for kind in service.decided_kinds() for spec in service.contracts[kind].fields if spec.key is not None}
    if role not in known:
        raise unknown("role", "角色", role, known)
    if subject is None:
        raise InputError(
            "http.parameter",
            {
                "en": "role says under what to look for a subject, and there is none",
                "zh": "role 指明 subject 的角色，但未给出 subject",
            },
            {"en": "give the subject too, or leave role out", "zh": "请同时给出 subject，或去掉 role"},
        )


def require_known(service: Service, page: SearchPage, outcome: str | None, policy: str | None) -> None:
    """Checks what a search asked for that found nothing; whatever is found, something stands under.

    Raises:
        InputError: If no policy gives or gave such an outcome, or none has or had such a name.
    """
    if page.found:
        return
    if outcome is not None and outcome not in (outcomes := service.outcomes()):
        raise unknown("outcome", "结果", outcome, outcomes)
    if policy is not None and policy not in (names := service.policy_names()):
        raise unknown("policy", "策略", policy, names)


def unknown(en: str, zh: str, given: str, known: Collection[str]) -> InputError:
    """The error for a word that a look-up does not know."""
    words = sorted(known)
    return InputError(
        "http.parameter",
        {"en": f"there is no {en} {given[:64]!r}", "zh": f"没有{zh} {given[:64]!r}"},
        {"en": f"known: {', '.join(words)}", "zh": f"已知：{'、'.join(words)}"} if words else {"en": "leave it out", "zh": "请去掉"},
    )
