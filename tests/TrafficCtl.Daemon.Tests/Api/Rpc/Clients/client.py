"""A stock grpcio client of the admin API. Prints what it saw as one JSON object."""
import json, sys, time
import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

address, descriptors = sys.argv[1], sys.argv[2]
pool = descriptor_pool.DescriptorPool()
files = descriptor_pb2.FileDescriptorSet.FromString(open(descriptors, "rb").read())
for file in files.file:
    pool.Add(file)
factory = message_factory.MessageFactory(pool)


def message(name):
    return factory.GetPrototype(pool.FindMessageTypeByName("trafficctl.v1." + name))


def call(kind, path, request, response):
    return kind("/trafficctl.v1." + path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=message(response).FromString)


channel = grpc.insecure_channel(address)
get = call(channel.unary_unary, "Rollouts/GetService", "GetServiceRequest", "ServiceStatus")
listing = call(channel.unary_unary, "Rollouts/ListServices", "ListServicesRequest", "ListServicesResponse")
wish = call(channel.unary_unary, "Rollouts/MakeWish", "MakeWishRequest", "MakeWishResponse")
watch = call(channel.unary_stream, "Rollouts/Watch", "WatchRequest", "ServiceStatus")
seen = {}

status = get(message("GetServiceRequest")(service="checkout"), timeout=60)
seen["unary"] = status.rollout.phase
seen["missing"] = status.HasField("file_stable")
try:
    get(message("GetServiceRequest")(service="chekout"), timeout=60)
except grpc.RpcError as error:
    trailers = dict(error.trailing_metadata())
    seen["error"] = [error.code().name, error.details(), b"UNKNOWN_SERVICE" in trailers["grpc-status-details-bin"]]
stream = watch(message("WatchRequest")(service="checkout"), timeout=60)
seen["stream"] = next(stream).service
stream.cancel()
try:
    next(stream)
except grpc.RpcError as error:
    seen["cancelled"] = error.code().name
try:
    wish(message("MakeWishRequest")(service="checkout", kind="pause", reason="x" * 70000), timeout=60)
except grpc.RpcError as error:
    seen["large"] = error.code().name
try:
    wish(message("MakeWishRequest")(service="checkout", kind="pause"), timeout=0.5)
except grpc.RpcError as error:
    seen["deadline"] = error.code().name
seen["list"] = len(listing(message("ListServicesRequest")(), timeout=60).services)
health = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=lambda b: b, response_deserializer=lambda b: b)
seen["health"] = health(b"", timeout=60).hex()
reflection = channel.stream_stream(
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", request_serializer=lambda b: b, response_deserializer=lambda b: b)
seen["reflection"] = b"trafficctl.v1.Rollouts" in next(reflection(iter([b"\x3a\x00"]), timeout=60))
print(json.dumps(seen))
