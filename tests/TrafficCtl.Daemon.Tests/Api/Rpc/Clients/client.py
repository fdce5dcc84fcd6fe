"""A stock grpcio client of the admin API. Prints what it saw as one JSON object."""
import json, sys
import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

address, descriptors = sys.argv[1], sys.argv[2]
pool = descriptor_pool.DescriptorPool()
files = descriptor_pb2.FileDescriptorSet.FromString(open(descriptors, "rb").read())
for file in files.file:
    pool.Add(file)
factory = message_factory.MessageFactory(pool)


def message(name):
    return factory.GetPrototype(pool.FindMessageTypeByName(name))


def of_contract(name):
    return message("trafficctl.v1." + name)


def call(kind, path, request, response):
    return kind(
        path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=response.FromString)


def of_service(kind, path, request, response):
    return call(kind, "/trafficctl.v1." + path, of_contract(request), of_contract(response))


def refused(work):
    try:
        work()
    except grpc.RpcError as error:
        return error
    raise AssertionError("it was not refused")


def details(error):
    trailers = dict(error.trailing_metadata())
    status = message("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])
    found = {}
    for detail in status.details:
        name = detail.type_url.rsplit("/", 1)[1]
        found[name] = message(name).FromString(detail.value)
    return found


channel = grpc.insecure_channel(address)
GetServiceRequest, WatchRequest, MakeWishRequest = map(of_contract, ("GetServiceRequest", "WatchRequest", "MakeWishRequest"))
get = of_service(channel.unary_unary, "Rollouts/GetService", "GetServiceRequest", "ServiceStatus")
listing = of_service(channel.unary_unary, "Rollouts/ListServices", "ListServicesRequest", "ListServicesResponse")
wish = of_service(channel.unary_unary, "Rollouts/MakeWish", "MakeWishRequest", "MakeWishResponse")
watch = of_service(channel.unary_stream, "Rollouts/Watch", "WatchRequest", "ServiceStatus")
judge = of_service(channel.stream_stream, "Judging/Judge", "JudgeRequest", "JudgedTrace")
seen = {}

status = get(GetServiceRequest(service="checkout"), timeout=60)
seen["unary"] = status.rollout.phase
seen["missing"] = status.HasField("file_stable")

error = refused(lambda: get(GetServiceRequest(service="chekout"), timeout=60))
info, resource = details(error)["google.rpc.ErrorInfo"], details(error)["google.rpc.ResourceInfo"]
seen["error"] = [error.code().name, error.details(), info.domain, info.reason, resource.resource_type, resource.resource_name]
error = refused(lambda: wish(MakeWishRequest(service="checkout", kind="pause", reason="two\nlines"), timeout=60))
seen["field"] = [error.code().name, details(error)["google.rpc.BadRequest"].field_violations[0].field]

stream = watch(WatchRequest(service="checkout"), timeout=60)
seen["stream"] = next(stream).service
stream.cancel()
seen["cancelled"] = refused(lambda: list(stream)).code().name
seen["deadline of a watch"] = refused(lambda: list(watch(WatchRequest(service="checkout"), timeout=0.5))).code().name

seen["near"] = refused(lambda: wish(MakeWishRequest(service="checkout", kind="pause", reason="x" * 65000), timeout=60)).code().name
seen["large"] = refused(lambda: wish(MakeWishRequest(service="checkout", kind="pause", reason="x" * 66000), timeout=60)).code().name
seen["deadline"] = refused(lambda: wish(MakeWishRequest(service="checkout", kind="pause"), timeout=0.5)).code().name
seen["list"] = len(listing(of_contract("ListServicesRequest")(), timeout=60).services)

windows = [{"t": 5, "arm": arm, "requests": 100, "errors": 0} for arm in ("stable", "candidate")]
requests = [of_contract("JudgeRequest")(windows=[of_contract("MeasuredWindow")(**window)]) for window in windows]
seen["judge"] = [verdict.verdict for verdict in judge(iter(requests), timeout=60)]

Health, HealthAnswer = message("grpc.health.v1.HealthCheckRequest"), message("grpc.health.v1.HealthCheckResponse")
check = call(channel.unary_unary, "/grpc.health.v1.Health/Check", Health, HealthAnswer)
names = ("", "trafficctl.v1.Rollouts", "trafficctl.v1.Journal", "trafficctl.v1.Judging")
seen["health"] = [check(Health(service=name), timeout=60).status for name in names]
seen["health of none"] = refused(lambda: check(Health(service="none"), timeout=60)).code().name
health = call(channel.unary_stream, "/grpc.health.v1.Health/Watch", Health, HealthAnswer)(Health(), timeout=60)
seen["health watch"] = next(answer.status for answer in health if answer.status == 1)
health.cancel()

Reflect, Reflection = message("grpc.reflection.v1.ServerReflectionRequest"), message("grpc.reflection.v1.ServerReflectionResponse")
reflect = call(channel.stream_stream, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Reflect, Reflection)
listed = next(reflect(iter([Reflect(list_services="")]), timeout=60)).list_services_response
seen["reflection"] = sorted(service.name for service in listed.service)
print(json.dumps(seen))
