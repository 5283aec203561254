"""What Schemathesis reads of the document: see tests/it/contract/fuzz.rs."""

import schemathesis


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            # In a form everything is bytes: a part that was meant to violate its type is a document like any other.
            content.pop("multipart/form-data", None)
    for parameter in raw_schema["paths"]["/api/v1/events"]["get"]["parameters"]:
        if parameter["name"] == "wait":
            # As the tested server is set: it would wait for events that do not come.
            parameter["schema"]["maximum"] = 1
