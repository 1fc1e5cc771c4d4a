"""Operations of AWS's services, over boto3."""

from . import clients, parameters, results
from .failure import Failed
from .names import OPTIMIZED, SDK, capital, exception, normal, pascal

try:
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
except ImportError:
    # Then no client is made, so none comes.
    class BotoCoreError(Exception):
        """An error of boto3."""

    ClientError = ParamValidationError = BotoCoreError


class Unknown(Exception):
    """A service or an operation that this botocore does not know."""


class Integration:
    """How Step Functions calls a service."""

    def __init__(self, service):
        self.is_sdk = service.startswith(SDK)
        self.name = service[len(SDK) :] if self.is_sdk else service
        own = None if self.is_sdk else OPTIMIZED.get(service)
        # What is known of an optimized integration.
        self.own = own
        self.prefix = own[1] if own else capital(self.name)

    def folder(self):
        """botocore's name of the service."""
        if self.own:
            return self.own[0]
        found = clients.find(self.name)
        if found is None:
            raise Unknown("botocore knows no service '%s'" % self.name)
        self.prefix = pascal(clients.botocore_model(found).service_id)
        return found

    def sdk_failure(self, why):
        """No answer came."""
        return Failed(self.prefix + ".SdkClientException", why)

    def failure(self, error):
        """The service refused."""
        about = error.response.get("ResponseMetadata", {})
        what = error.response.get("Error", {})
        status, request = about.get("HTTPStatusCode", 400), about.get("RequestId") or "null"
        message, shape = what.get("Message", ""), type(error).__name__
        is_modelled = shape != "ClientError"
        if self.own:
            name = exception(shape, False) if is_modelled else self.own[2]
            details = "Service: %s; Status Code: %s; Error Code: %s; Request ID: %s; Proxy: null"
            details %= (self.own[3], status, what.get("Code", ""), request)
        else:
            name = exception(shape, True) if is_modelled else self.prefix + "Exception"
            details = "Service: %s, Status Code: %s, Request ID: %s" % (self.prefix, status, request)
            if about.get("HostId"):
                details += ", Extended Request ID: %s" % about["HostId"]
        return Failed("%s.%s" % (self.prefix, name), "%s (%s)" % (message, details))


def call(service, action, given):
    """The result of an action, `putItem`, with the parameters of a state."""
    integration = Integration(service)
    try:
        name = integration.folder()
        operation = _operation(clients.botocore_model(name), integration, action)
        arguments = parameters.convert(operation.input_shape, given)
        client = clients.client(name)
        response = getattr(client, _method(client, operation.name))(**arguments)
        result = results.convert(operation.output_shape, response, integration.is_sdk)
    except clients.Unusable as why:
        raise integration.sdk_failure(str(why)) from None
    except ClientError as error:
        raise integration.failure(error) from None
    except ParamValidationError as error:
        raise integration.sdk_failure(str(error)) from None
    except BotoCoreError as error:
        raise integration.sdk_failure("Unable to execute HTTP request: %s" % error) from None
    if integration.is_sdk:
        return result
    is_put = (service, action) == ("events", "putEvents")
    if not is_put:
        result.update(results.metadata(response))
    result = dict(sorted(result.items()))
    if is_put and result.get("FailedEntryCount"):
        raise Failed("EventBridge.FailedEntry", parameters.text_of(result))
    return result


def warm_up(service):
    """Makes the client of a service; what is wrong is told by the first call."""
    try:
        clients.client(Integration(service).folder())
    except (Unknown, clients.Unusable, BotoCoreError):
        pass


def _operation(model, integration, action):
    wanted = normal(action)
    for name in model.operation_names:
        if normal(name) == wanted:
            return model.operation_model(name)
    raise Unknown("botocore's %s has no operation '%s'" % (integration.name, action))


def _method(client, operation):
    """What the client's method for an operation is called: `PutItem` is `put_item`."""
    methods = client.meta.method_to_api_mapping
    return next(method for method, name in methods.items() if name == operation)
