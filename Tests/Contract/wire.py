"""Valid wire values, taken from the golden files of the model, and the operations that a document describes."""

import json
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDEN = REPOSITORY / "Tests" / "ModelTests" / "Golden"
DOCUMENTS = REPOSITORY / "docs" / "openapi"
# Below the longest life of a grant, which everything that ends is given.
LIFETIME_SECONDS = 55


def golden(name: str) -> dict:
    """The golden value of a type, still good for a while where it has an end."""
    return fresh(json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")))


def fresh(value):
    """The same value with every `expiresAt` that is a text ahead of now."""
    if isinstance(value, list):
        return [fresh(each) for each in value]
    if not isinstance(value, dict):
        return value
    end = datetime.now(timezone.utc) + timedelta(seconds=LIFETIME_SECONDS)
    return {
        key: end.strftime("%Y-%m-%dT%H:%M:%S.000Z") if key == "expiresAt" and isinstance(each, str) else fresh(each)
        for key, each in value.items()
    }


def merged(value, changes):
    """A copy in which objects are changed field by field and everything else is replaced; None takes a field out."""
    if not (isinstance(value, dict) and isinstance(changes, dict)):
        return deepcopy(changes)
    result = {key: each for key, each in value.items() if changes.get(key, each) is not None}
    for key, change in changes.items():
        if change is not None:
            result[key] = merged(result.get(key), change)
    return result


class Document:
    """An OpenAPI document as what a caller and a service promise each other."""

    def __init__(self, service: str):
        self.content = yaml.safe_load((DOCUMENTS / f"{service}.yaml").read_text(encoding="utf-8"))

    def operation(self, method: str, path: str) -> dict | None:
        return self.content["paths"].get(path, {}).get(method.lower())

    def problems(self, schema: dict, value) -> list[str]:
        """Where a value does not fit a schema of this document."""
        whole = {**schema, "components": self.content["components"]}
        return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(whole).iter_errors(value)]

    def request_schema(self, operation: dict) -> dict:
        return operation["requestBody"]["content"]["application/json"]["schema"]

    def answer_schema(self, operation: dict) -> dict:
        """The schema of the answer when all is well."""
        return operation["responses"]["200"]["content"]["application/json"]["schema"]

    def answer(self, operation: dict):
        """A valid answer: the golden value of the type that the document names, alone, in a page or in a list."""
        return self._value(self.answer_schema(operation))

    def _value(self, schema: dict):
        name = schema.get("$ref", "").rpartition("/")[2]
        if name and (GOLDEN / f"{name}.json").exists():
            return golden(name)
        if name:
            return self._value(self.content["components"]["schemas"][name])
        if schema.get("type") == "array":
            return [self._value(schema["items"])]
        if isinstance(schema.get("type"), list) and "null" in schema["type"]:
            return None
        if "enum" in schema:
            return schema["enum"][0]
        needed = schema.get("required", [])
        return {key: self._value(each) for key, each in schema.get("properties", {}).items() if key in needed}


@cache
def document(service: str) -> Document:
    return Document(service)
