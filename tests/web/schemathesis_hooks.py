"""What Schemathesis reads of the document: see tests/it/contract/fuzz.rs."""

import schemathesis


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            # In a form everything is bytes: a part that was meant to violate its type is a document like any other.
            content.pop("multipart/form-data", None)
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "as_of":
                    # How far the log has come is no matter of the document.
                    parameter["schema"]["maximum"] = 1
    for parameter in raw_schema["paths"]["/api/v1/events"]["get"]["parameters"]:
        if parameter["name"] == "wait":
            # As the tested server is set: it would wait for events that do not come.
            parameter["schema"]["maximum"] = 1


# Fields with a rule that the document cannot say: over several fields, or over what is stored.
RULES_BEYOND_THE_DOCUMENT = {
    "submitBatch": {"documents", "files", "items", "sealed", "scripts", "not_before", "deadline", "webhook", "body"},
    "submitJob": {"documents", "files", "items", "sealed", "scripts", "not_before", "deadline", "webhook", "body"},
}


@schemathesis.check
def refused_for_rules_beyond_the_document(ctx, response, case):
    """What the document allows in one field by itself is not refused for that field."""
    fields = RULES_BEYOND_THE_DOCUMENT.get(case.operation.definition.raw.get("operationId"))
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if fields is None or not is_valid or response.status_code != 422:
        return
    for error in response.json().get("errors", []):
        field = error["field"].split("[")[0].split(".")[0]
        assert field in fields, f"`{error['field']}` is refused, and the document allows what it is: {error}"
