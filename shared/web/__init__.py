"""How every service faces HTTP: one application factory, one error shape, strict bodies, health and metrics."""

from shared.web.problems import PROBLEM_RESPONSES, problem_response
from shared.web.service import Part, Service, create_service, service_of

__all__ = ["PROBLEM_RESPONSES", "Part", "Service", "create_service", "problem_response", "service_of"]
